import type { ErrorStream } from './types.ts';

/** `wsgi.errors` of servers without a log of their own. */
export const STANDARD_ERROR: ErrorStream = {
  write(text) {
    process.stderr.write(text);
  },
  writelines(lines) {
    for (const line of lines) process.stderr.write(line);
  },
  flush() {},
};
