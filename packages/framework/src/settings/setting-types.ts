import { inspect } from 'node:util';

/** What a setting may hold: a test, and the words for it in messages and documentation. */
export interface SettingType<T> {
  readonly expected: string;
  accepts(value: unknown): value is T;
}

export const boolean: SettingType<boolean> = type(
  'true or false',
  (value) => typeof value === 'boolean',
);

export const string: SettingType<string> = type('a string', (value) => typeof value === 'string');

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

export function listOf<T>(items: string, inner: SettingType<T>): SettingType<readonly T[]> {
  return type(
    `a list of ${items}`,
    (value) => Array.isArray(value) && value.every((item) => inner.accepts(item)),
  );
}

/** A function: TypeScript knows its parameters where the setting is declared again, a test at run time cannot. */
export const callable: SettingType<(...args: never[]) => unknown> = type(
  'a function',
  (value) => typeof value === 'function',
);

export const strings: SettingType<readonly string[]> = listOf('strings', string);

/** A path from the root: `/healthz`. */
export const path: SettingType<string> = type(
  "a path that starts with '/'",
  (value) => typeof value === 'string' && value.startsWith('/'),
);

/** Where an application is mounted: `/shop`, or `''` for the root. */
export const mountPoint: SettingType<string> = type(
  "a path that starts with '/' and does not end in '/'",
  (value) => typeof value === 'string' && /^(?:\/.*[^/])?$/.test(value),
);

/** A URL's path that folders hang under: `/static/`. The root itself would hide every view. */
export const urlPrefix: SettingType<string> = type(
  "a string that ends in '/', with a name before it",
  (value) => typeof value === 'string' && /[^/]\/$/.test(value),
);

/** What may stand for the Host of a request: `example.com`, `.example.com`, `[::1]`, `*`. */
export const hostPatterns: SettingType<readonly string[]> = type(
  "a list of host names such as 'example.com', '.example.com', '[::1]' or '*', without a port",
  (value) => strings.accepts(value) && value.every(isHostPattern),
);

/** Origins, one of which may stand for the hosts below a domain: `https://*.example.com`. */
export const origins: SettingType<readonly string[]> = type(
  "a list of origins such as 'https://example.com' or 'https://*.example.com', without a path",
  (value) => strings.accepts(value) && value.every(isOrigin),
);

/** Regular expressions, as text. */
export const patterns: SettingType<readonly string[]> = type(
  'a list of regular expressions as strings',
  (value) => strings.accepts(value) && value.every(isPattern),
);

/** An environ key and the value that counts: `['HTTP_X_FORWARDED_PROTO', 'https']`. */
export const headerAndValue: SettingType<readonly [key: `HTTP_${string}`, value: string]> = type(
  "a pair such as ['HTTP_X_FORWARDED_PROTO', 'https']",
  (value) =>
    strings.accepts(value) && value.length === 2 && /^HTTP_[A-Z0-9_]+$/.test(value[0] ?? ''),
);

/** Directives and their sources: `{ 'img-src': ["'self'", 'data:'] }`. */
export const policy: SettingType<Readonly<Record<string, readonly string[]>>> = type(
  "a mapping of directives to lists of sources, without ';', ',' and control characters",
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.entries(value).every(
      ([directive, sources]) =>
        strings.accepts(sources) && ![directive, ...sources].some(endsDirective),
    ),
);

/** An object with these keys, each of which may be left out. */
export function shape<T extends object>(fields: {
  readonly [Name in keyof T]-?: SettingType<Exclude<T[Name], undefined>>;
}): SettingType<T> {
  const types: Readonly<Record<string, SettingType<unknown>>> = fields;
  return type(
    `an object of ${Object.entries(types)
      .map(([name, { expected }]) => `${name} (${expected})`)
      .join(', ')}`,
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      Object.entries(value).every(
        ([name, item]) => Object.hasOwn(types, name) && types[name]?.accepts(item),
      ),
  );
}

function type<T>(expected: string, accepts: (value: unknown) => boolean): SettingType<T> {
  return { expected, accepts: accepts as SettingType<T>['accepts'] };
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
