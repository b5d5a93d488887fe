import { ImproperlyConfigured } from '../errors.ts';

export type ParamValues = Readonly<Record<string, unknown>>;

interface Parameter {
  readonly name: string;
  readonly converter: Converter<unknown>;
}

/** A pattern taken apart: `literals[0]`, a parameter, `literals[1]`, and so on to the last literal. */
export interface Pattern {
  readonly source: string;
  readonly literals: readonly string[];
  readonly parameters: readonly Parameter[];
}

const NO_VALUES: ParamValues = Object.freeze(Object.create(null)) as ParamValues;

// Where text between two parameters occurs many times, ways to divide the path are tried until this
// many characters are read: enough for paths that people write, and it bounds the time for those that
// attackers write, whose tries read the whole of a long path again and again.
const MOST_CHARACTERS_READ = 4_194_304;

/** @throws {ImproperlyConfigured} where the pattern is malformed, or has a converter that there is not. */
export function compilePattern(source: string): Pattern {
  const pieces = source.split(/<([^<>]*)>/);
  const literals = pieces.filter((_, index) => index % 2 === 0);
  const parameters = pieces.filter((_, index) => index % 2 === 1).map(parseParameter);
  const problem = problemOf(source, literals, parameters);
  if (problem) throw new ImproperlyConfigured(`URL pattern '${source}' ${problem}.`);
  return { source, literals, parameters };
}

/** The parameters' values where the pattern matches all that follows the path's first slash. */
export function matchPattern(pattern: Pattern, path: string): ParamValues | undefined {
  const [prefix = ''] = pattern.literals;
  if (!path.startsWith(prefix, 1)) return undefined;
  const start = 1 + prefix.length;
  if (pattern.parameters.length === 0) return path.length === start ? NO_VALUES : undefined;
  const values: Record<string, unknown> = {};
  const division = { pattern, path, values, triesLeft: MOST_CHARACTERS_READ / path.length };
  return matchFrom(division, 0, start) ? values : undefined;
}

interface Division {
  readonly pattern: Pattern;
  readonly path: string;
  readonly values: Record<string, unknown>;
  triesLeft: number;
}

/** Finds the parameters from this one on. Each takes as much of the path as the later ones leave. */
function matchFrom(division: Division, index: number, start: number): boolean {
  const { pattern, path } = division;
  const literal = pattern.literals[index + 1] ?? '';
  if (index === pattern.parameters.length - 1) {
    const end = path.length - literal.length;
    return path.endsWith(literal) && convert(division, index, start, end);
  }
  for (let end = path.lastIndexOf(literal); end > start; end = path.lastIndexOf(literal, end - 1)) {
    division.triesLeft -= 1;
    if (division.triesLeft < 0) return false;
    const next = end + literal.length;
    if (convert(division, index, start, end) && matchFrom(division, index + 1, next)) return true;
  }
  return false;
}

function convert(division: Division, index: number, start: number, end: number): boolean {
  const parameter = division.pattern.parameters[index];
  if (!parameter || end <= start) return false;
  const text = division.path.slice(start, end);
  if (!parameter.converter.regex.test(text)) return false;
  const value = parameter.converter.toValue(text);
  division.values[parameter.name] = value;
  return value !== undefined;
}

function parseParameter(text: string): Parameter {
  const colon = text.indexOf(':');
  const kind = colon === -1 ? 'str' : text.slice(0, colon);
  const converter = converters.get(kind);
  if (converter) return { name: text.slice(colon + 1), converter };
  throw new ImproperlyConfigured(
    `There is no URL converter '${kind}': expected one of ${[...converters.keys()].join(', ')}.`,
  );
}

function problemOf(
  source: string,
  literals: readonly string[],
  parameters: readonly Parameter[],
): string | undefined {
  const names = parameters.map(({ name }) => name);
  const misnamed = names.find((name) => !/^[A-Za-z_$][\w$]*$/.test(name) || name === '__proto__');
  if (source.startsWith('/')) return 'starts with a slash: leave it out';
  if (/[<>]/.test(literals.join(''))) return 'has a bracket without its other half';
  if (misnamed !== undefined) return `has a parameter named '${misnamed}': expected an identifier`;
  if (new Set(names).size < names.length) return 'has two parameters of one name';
  if (literals.slice(1, -1).includes('')) return 'has two parameters without text between them';
  return undefined;
}

/** The type that each converter gives. A project adds its own by declaring this interface again. */
export interface ConverterTypes {
  int: number;
  str: string;
  slug: string;
  uuid: string;
  path: string;
}

/** Between a piece of a path and a value. */
export interface Converter<T> {
  /** What a piece must look like, as a whole. */
  readonly regex: RegExp;
  /** The value, or undefined where the piece stands for none: then the pattern does not match. */
  toValue(text: string): T | undefined;
  toUrl(value: T): string;
}

/**
 * Makes `<name:parameter>` known to URL patterns; before the URLconf is imported.
 *
 * @throws {ImproperlyConfigured} where another converter has the name.
 */
export function registerConverter<Name extends keyof ConverterTypes>(
  name: Name,
  converter: Converter<ConverterTypes[Name]>,
): void {
  if (converters.has(name)) {
    throw new ImproperlyConfigured(
      `There is a URL converter '${name}' already: give yours a name of its own.`,
    );
  }
  converters.set(name, anchored(converter));
}

function anchored<T>(converter: Converter<T>): Converter<unknown> {
  const { source, flags } = converter.regex;
  return {
    // The flags g and y make a regular expression go on from its last match.
    regex: new RegExp(`^(?:${source})$`, flags.replaceAll(/[gy]/g, '')),
    toValue: (text) => converter.toValue(text),
    toUrl: (value) => converter.toUrl(value as T),
  };
}

function textLike(regex: RegExp): Converter<unknown> {
  return anchored<string>({ regex, toValue: (text) => text, toUrl: String });
}

const int: Converter<number> = {
  regex: /[0-9]+/,
  toValue(text) {
    const value = Number(text);
    return Number.isSafeInteger(value) ? value : undefined;
  },
  toUrl: String,
};

const converters = new Map<string, Converter<unknown>>([
  ['int', anchored(int)],
  ['str', textLike(/[^/]+/)],
  ['slug', textLike(/[-a-zA-Z0-9_]+/)],
  ['uuid', textLike(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/)],
  ['path', textLike(/.+/)],
]);
