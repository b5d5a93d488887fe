import type { Bytes } from '../../wsgi/types.ts';
import type { Replace } from './css.ts';

/** A script with the URL of its source map replaced, `undefined` where it stays as it is. */
export function rewriteScript(script: Buffer, replace: Replace): Bytes | undefined {
  // Latin1 gives back the same bytes, whatever the script's encoding is.
  const text = script.toString('latin1');
  const start = text.lastIndexOf('\n//# sourceMappingURL=') + 1;
  const [line = '', comment = '', url = ''] = SOURCE_MAP.exec(text.slice(start)) ?? [];
  const replaced = url && replace({ url, line: 1, isOptional: true });
  if (replaced === url) return undefined;
  const end = text.slice(start + line.length);
  return Buffer.from(text.slice(0, start) + comment + replaced + end, 'latin1');
}

const SOURCE_MAP = /^(\/\/# sourceMappingURL=)(\S+)/;
