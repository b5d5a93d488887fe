import { parseAddress, type Address } from './address.ts';
import { Networks } from './networks.ts';

/**
 * Turns what stands on a command line or in a configuration file into a setting's value.
 *
 * @throws {ValueError} with what is expected.
 */
export type Parse<T> = (value: unknown) => T;

export class ValueError extends Error {
  override readonly name = 'ValueError';
}

export function integer(min: number): Parse<number> {
  return (value) => {
    const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isSafeInteger(number) || number < min) {
      throw new ValueError(`a whole number, at least ${min}`);
    }
    return number;
  };
}

/** Seconds, with a fraction where one is wanted. */
export function seconds(min: number): Parse<number> {
  return (value) => {
    const number = typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isFinite(number) || number < min) {
      throw new ValueError(`a number of seconds, at least ${min}`);
    }
    return number;
  };
}

export function choice<const T extends string>(choices: readonly T[]): Parse<T> {
  return (value) => {
    const chosen = choices.find((one) => one === value);
    if (chosen === undefined) throw new ValueError(`one of ${choices.join(', ')}`);
    return chosen;
  };
}

export function text(expected: string): Parse<string> {
  return (value) => {
    if (typeof value !== 'string' || value === '') throw new ValueError(expected);
    return value;
  };
}

export function addresses(value: unknown): readonly Address[] {
  const parsed = list(value).map(parseAddress);
  const valid = parsed.filter((address) => address !== undefined);
  if (valid.length === 0 || valid.length < parsed.length) {
    throw new ValueError('HOST:PORT, [IPv6]:PORT, :PORT or unix:PATH');
  }
  return valid;
}

/** Entries that `Networks` takes; they stay text, as settings cross a process boundary. */
export function networks(value: unknown): readonly string[] {
  const entries = list(value);
  try {
    void new Networks(entries);
    return entries;
  } catch (error) {
    throw new ValueError("addresses, networks in CIDR notation, or '*', with commas between", {
      cause: error,
    });
  }
}

/** A list, or the same as one text with commas. */
function list(value: unknown): string[] {
  const entries = (Array.isArray(value) ? value : [value]).flatMap((entry: unknown) =>
    typeof entry === 'string' ? entry.split(',') : [''],
  );
  return entries
    .map((entry) => entry.trim())
    .filter((entry, _, all) => entry !== '' || all.length === 1);
}
