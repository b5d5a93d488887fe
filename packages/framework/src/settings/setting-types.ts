import { inspect } from 'node:util';

/** What a setting may hold: a test, and the words for it in messages and documentation. */
export interface SettingType<T> {
  readonly expected: string;
  accepts(value: unknown): value is T;
}

export const boolean = type<boolean>('true or false', (value) => typeof value === 'boolean');

export const string = stringOf('a string', () => true);

/** A count, a size or a time: an integer that is not negative. */
export const natural: SettingType<number> = type(
  'an integer of 0 or more',
  (value) => Number.isSafeInteger(value) && Number(value) >= 0,
);

export function oneOf<const Choice extends string | boolean>(
  choices: readonly Choice[],
): SettingType<Choice> {
  return type(`one of ${choices.map((choice) => inspect(choice)).join(', ')}`, (value) =>
    choices.some((choice) => choice === value),
  );
}

export function nullOr<T>(inner: SettingType<T>): SettingType<T | null> {
  return type(`${inner.expected}, or null`, (value) => value === null || inner.accepts(value));
}

/** TypeScript knows their parameters where the setting is declared again, a test at run time cannot. */
export const functions: SettingType<readonly ((...args: never[]) => unknown)[]> = type(
  'a list of middleware functions',
  (value) => Array.isArray(value) && value.every((item) => typeof item === 'function'),
);

/** What they are called with, and when, is said where the setting is declared again. */
export const lifespans: SettingType<readonly object[]> = type(
  'a list of objects with the functions startup and shutdown, or one of them',
  (value) => Array.isArray(value) && value.every(isLifespan),
);

export const strings = listOf('strings', () => true);

/** From the root: `/healthz`. */
export const path = stringOf("a path that starts with '/'", (value) => value.startsWith('/'));

/** Where an application is mounted: `/shop`, or `''` for the root. */
export const mountPoint = stringOf("a path that starts with '/' and does not end in '/'", (value) =>
  /^(?:\/.*[^/])?$/.test(value),
);

/** A URL's path that folders hang under: `/static/`. The root itself would hide every view. */
export const urlPrefix = stringOf("a string that ends in '/', with a name before it", (value) =>
  /[^/]\/$/.test(value),
);

/** What may stand for the Host of a request: `example.com`, `.example.com`, `[::1]`, `*`. */
export const hostPatterns = listOf(
  "host names such as 'example.com', '.example.com', '[::1]' or '*', without a port",
  isHostPattern,
);

/** One of them may stand for the hosts below a domain: `https://*.example.com`. */
export const origins = listOf(
  "origins such as 'https://example.com' or 'https://*.example.com', without a path",
  isOrigin,
);

export const patterns = listOf('regular expressions as strings', isPattern);

/** An environ key and the value that counts: `['HTTP_X_FORWARDED_PROTO', 'https']`. */
export const headerAndValue: SettingType<readonly [key: `HTTP_${string}`, value: string]> = type(
  "a pair such as ['HTTP_X_FORWARDED_PROTO', 'https']",
  (value) =>
    strings.accepts(value) && value.length === 2 && /^HTTP_[A-Z0-9_]+$/.test(value[0] ?? ''),
);

/** Directives and their sources: `{ 'img-src': ["'self'", 'data:'] }`. */
export const policy = mapping<Readonly<Record<string, readonly string[]>>>(
  "a mapping of directives to lists of sources, without ';', ',' and control characters",
  (directive, sources) => strings.accepts(sources) && ![directive, ...sources].some(endsDirective),
);

/** An object with these keys, each of which may be left out. */
export function shape<T extends object>(fields: {
  readonly [Name in keyof T]-?: SettingType<Exclude<T[Name], undefined>>;
}): SettingType<T> {
  const types = new Map<string, SettingType<unknown>>(Object.entries(fields));
  const fieldsExpected = Array.from(types, ([name, { expected }]) => `${name} (${expected})`);
  return mapping(
    `an object of ${fieldsExpected.join(', ')}`,
    (name, item) => types.get(name)?.accepts(item) === true,
  );
}

function mapping<T>(expected: string, isEntry: (name: string, item: unknown) => boolean) {
  return type<T>(
    expected,
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      !Array.isArray(value) &&
      Object.entries(value).every(([name, item]) => isEntry(name, item)),
  );
}

function stringOf(expected: string, isValid: (value: string) => boolean): SettingType<string> {
  return type(expected, (value) => typeof value === 'string' && isValid(value));
}

function listOf(items: string, isValid: (item: string) => boolean): SettingType<readonly string[]> {
  return type(
    `a list of ${items}`,
    (value) =>
      Array.isArray(value) && value.every((item) => typeof item === 'string' && isValid(item)),
  );
}

function type<T>(expected: string, accepts: (value: unknown) => boolean): SettingType<T> {
  return { expected, accepts: accepts as SettingType<T>['accepts'] };
}

function isLifespan(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const both = ['startup', 'shutdown'].map((name): unknown => Reflect.get(value, name));
  const given = both.filter((one) => one !== undefined);
  return given.length > 0 && given.every((one) => typeof one === 'function');
}

/** Others would match no Host: those with a port, with a scheme, or with `*` in front of a domain. */
function isHostPattern(text: string): boolean {
  return /^(?:\*|\.?[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[a-f0-9]*:[a-f0-9.:]+\])$/i.test(text);
}

/** Behind one of these begins another directive, another policy or another header. */
function endsDirective(text: string): boolean {
  // oxlint-disable-next-line no-control-regex
  return /[;,\x00-\x1f\x7f]/.test(text);
}

/** Written as browsers write it: what differs in a slash or in case would match nothing. */
function isOrigin(text: string): boolean {
  const example = text.replace('://*.', '://any.');
  return URL.parse(example)?.origin === example && !example.includes('*');
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}
