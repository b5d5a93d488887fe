import { ImproperlyConfigured } from '../errors.ts';

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

/** Makes `<name:parameter>` known to URL patterns; before the URLconf is imported. */
export function registerConverter<Name extends keyof ConverterTypes>(
  name: Name,
  converter: Converter<ConverterTypes[Name]>,
): void {
  converters.set(name, anchored(converter));
}

/** @throws {ImproperlyConfigured} where there is no converter of this name. */
export function converterNamed(name: string): Converter<unknown> {
  const converter = converters.get(name);
  if (converter) return converter;
  throw new ImproperlyConfigured(
    `There is no URL converter '${name}': expected one of ${[...converters.keys()].join(', ')}.`,
  );
}

function anchored<T>(converter: Converter<T>): Converter<unknown> {
  return {
    // The flags g and y make a regular expression go on from its last match.
    regex: new RegExp(
      `^(?:${converter.regex.source})$`,
      converter.regex.flags.replaceAll(/[gy]/g, ''),
    ),
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
