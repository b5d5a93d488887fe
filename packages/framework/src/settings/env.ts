import { readFileSync } from 'node:fs';
import { ImproperlyConfigured } from '../errors.ts';
import { MASK, showText } from '../secrets.ts';

/**
 * Reads the environment with types. Without a fallback a variable is required; an empty one counts
 * as unset. While settings load, every problem is collected and all are reported together; at any
 * other time the first one throws.
 *
 * @throws {ImproperlyConfigured} naming the variable, its value (never a secret's) and what is expected.
 */
export interface EnvironmentReader {
  string(name: string, fallback?: string): string;
  integer(name: string, fallback?: number): number;
  /** `true`, `1`, `yes`, `on`, or `false`, `0`, `no`, `off`. */
  boolean(name: string, fallback?: boolean): boolean;
  /** Items separated by commas; the spaces around them do not count. */
  list(name: string, fallback?: readonly string[]): readonly string[];
  choice<const Choice extends string>(
    name: string,
    choices: readonly Choice[],
    fallback?: NoInfer<Choice>,
  ): Choice;
  /** `90`, `90s`, `5m`, `2h`, `1d` or `500ms`, in seconds. */
  durationSeconds(name: string, fallback?: number): number;
  /** `2048`, `64k`, `10m` or `1g`, in bytes; k is 1,024. */
  bytes(name: string, fallback?: number): number;
  url(name: string, fallback?: string): URL;
  /** NAME, or the content of the file that NAME_FILE names (as container secrets are given). */
  secret(name: string, fallback?: string): string;
}

/** Reads variables of the environment, each reader with a type; what is wrong is told at the start. */
export const env: EnvironmentReader = {
  string: reader('text', '', (text) => text),
  integer: reader('an integer', 0, (text) =>
    /^-?\d{1,15}$/.test(text) ? Number(text) : undefined,
  ),
  boolean: reader('true or false', false, (text) => BOOLEAN_WORDS.get(text.toLowerCase())),
  list: reader<readonly string[]>('items separated by commas', [], (text) =>
    text.split(',').flatMap((item) => item.trim() || []),
  ),
  choice<Choice extends string>(name: string, choices: readonly Choice[], fallback?: Choice) {
    const read = reader(`one of ${choices.join(', ')}`, choices[0] as Choice, (text) =>
      choices.find((choice) => choice === text),
    );
    return read(name, fallback);
  },
  durationSeconds: reader('a duration such as 90, 90s, 5m, 2h, 1d or 500ms', 0, (text) =>
    quantity(text, SECOND_UNITS),
  ),
  bytes: reader('a size such as 2048, 64k, 10m or 1g', 0, (text) => quantity(text, BYTE_UNITS)),
  url: (name, fallback) => readUrl(name, fallback === undefined ? undefined : new URL(fallback)),
  secret: readSecret,
};

/** Runs `load` and gives what it could not read: problems are collected instead of thrown meanwhile. */
export async function collectEnvironmentProblems(load: () => Promise<void>): Promise<string[]> {
  const collected: string[] = [];
  problems = collected;
  try {
    await load();
  } catch (error) {
    // What a placeholder broke further on is not the reader's news: the cause of it is.
    if (collected.length === 0) throw error;
  } finally {
    problems = undefined;
  }
  return collected;
}

let problems: string[] | undefined;

/** @param placeholder stands in for a bad value while problems are collected. */
function reader<T>(expected: string, placeholder: T, parse: (text: string) => T | undefined) {
  return (name: string, fallback?: T): T => {
    const text = process.env[name];
    if (!text)
      return fallback ?? complain(`${name} is not set: expected ${expected}.`, placeholder);
    const value = parse(text.trim());
    return (
      value ?? complain(`${name} is '${shown(name, text)}': expected ${expected}.`, placeholder)
    );
  };
}

const readUrl = reader(
  'an absolute URL',
  new URL('about:blank'),
  (text) => URL.parse(text) ?? undefined,
);

/** The value without what its name or its form says is a secret, and without all that is before an @. */
function shown(name: string, text: string): string {
  return showText(name, text.replace(/^([a-z][a-z0-9+.-]*:?\/\/)?.*@/is, `$1${MASK}@`));
}

function readSecret(name: string, fallback?: string): string {
  const value = process.env[name];
  const file = process.env[`${name}_FILE`];
  if (value && file) return complain(`${name} and ${name}_FILE are both set: expected one.`, '');
  if (!file) {
    return (value || fallback) ?? complain(`${name} is not set: expected it, or ${name}_FILE.`, '');
  }
  let secret: string;
  try {
    secret = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    return complain(`${name}_FILE is '${file}': ${whyUnreadable(error)}.`, '');
  }
  return (
    (secret || fallback) ?? complain(`${name}_FILE is '${file}': expected it not to be empty.`, '')
  );
}

function whyUnreadable(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'there is no such file';
  if (code === 'EISDIR') return 'expected a file, and it is a folder';
  return `this process, of user ${process.getuid?.()}, cannot read it (${code})`;
}

function complain<T>(problem: string, placeholder: T): T {
  if (!problems) throw new ImproperlyConfigured(problem);
  problems.push(problem);
  return placeholder;
}

const BOOLEAN_WORDS = new Map([
  ...['true', '1', 'yes', 'on'].map((word) => [word, true] as const),
  ...['false', '0', 'no', 'off'].map((word) => [word, false] as const),
]);

const SECOND_UNITS = { ms: 0.001, '': 1, s: 1, m: 60, h: 3600, d: 86_400 };
const BYTE_UNITS = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

function quantity(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const [, count, unit = ''] = /^(\d{1,15})([a-z]*)$/.exec(text.toLowerCase()) ?? [];
  const factor = Object.hasOwn(units, unit) ? units[unit] : undefined;
  return count === undefined || factor === undefined ? undefined : Number(count) * factor;
}
