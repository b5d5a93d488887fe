import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { unknownAtoms } from '../log/access-format.ts';
import { groupId, userId } from './accounts.ts';
import { formatAddress, parseAddress, type Address, type TcpAddress } from './address.ts';
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

/** The longest time of a timer in milliseconds is 2^31 - 1; a longer one would be over at once. */
const SECONDS_MAX = 2_147_483;

/** Seconds, with a fraction where one is wanted. */
export function seconds(min: number): Parse<number> {
  return (value) => {
    const number = typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value;
    if (typeof number !== 'number' || !(number >= min && number <= SECONDS_MAX)) {
      throw new ValueError(`a number of seconds, at least ${min} and at most ${SECONDS_MAX}`);
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

/** The gateway's own log is always kept: Gunicorn would write it to a file of that name. */
export function errorLog(value: unknown): string {
  const expected = "a file's path, or '-' for standard error";
  const path = text(expected)(value);
  if (path === 'none') throw new ValueError(expected);
  return path;
}

/** `json`, or a line of Gunicorn's atoms. */
export function accessFormat(value: unknown): string {
  const format = text("'json', or a format such as '%(h)s \"%(r)s\" %(s)s'")(value);
  const unknown = unknownAtoms(format);
  if (unknown.length > 0) {
    throw new ValueError(
      `Gunicorn's atoms, as %(h)s or %({Accept}i)s, and %% for a percent sign: ${unknown.join(' ')} is none`,
    );
  }
  return format;
}

const START_DIRECTORY = process.cwd();

/** A directory, also where the process has changed its own since. */
export function directory(value: unknown): string {
  const expected = 'a directory that is there';
  const path = resolve(START_DIRECTORY, text(expected)(value));
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw new ValueError(expected);
  return path;
}

export function user(value: unknown): number | undefined {
  return account(value, userId, 'a user of /etc/passwd, or a number');
}

export function group(value: unknown): number | undefined {
  return account(value, groupId, 'a group of /etc/group, or a number');
}

function account(
  value: unknown,
  find: (text: string) => number | undefined,
  expected: string,
): number | undefined {
  if (value === '') return undefined;
  const isGiven = typeof value === 'string' || typeof value === 'number';
  const id = isGiven ? find(String(value)) : undefined;
  if (id === undefined) throw new ValueError(expected);
  return id;
}

export function anyText(value: unknown): string {
  if (typeof value !== 'string') throw new ValueError('text');
  return value;
}

/** A switch on the command line; in a file, true or false. */
export function flag(value: unknown): boolean {
  if (typeof value !== 'boolean') throw new ValueError('true or false');
  return value;
}

/** File mode bits, `077` or `0o077` as text. */
export function octal(value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0o777)
    return value;
  if (typeof value !== 'string' || !/^(?:0o)?0*[0-7]{1,3}$/.test(value)) {
    throw new ValueError('an octal number of up to 777');
  }
  return Number.parseInt(value.replace('0o', ''), 8);
}

export function rootPath(value: unknown): string {
  if (typeof value !== 'string' || !/^(?:\/[^/?#\s]+)*$/.test(value)) {
    throw new ValueError("'' or a path such as /shop, without a slash at its end");
  }
  return value;
}

/** Variables of the environment, of `NAME=VALUE` each. */
export function assignments(value: unknown): Readonly<Record<string, string>> {
  const entries: unknown[] = Array.isArray(value) ? value : [value];
  const pairs = entries.filter((entry) => entry !== '').map(readAssignment);
  return Object.fromEntries(pairs);
}

function readAssignment(entry: unknown): [name: string, value: string] {
  const [, name, value] = /^([^=\0]+)=([^]*)$/.exec(typeof entry === 'string' ? entry : '') ?? [];
  if (name === undefined || value === undefined) throw new ValueError('NAME=VALUE');
  return [name, value];
}

export function addresses(value: unknown): readonly Address[] {
  const parsed = list(value).map(parseAddress);
  const valid = parsed.filter((address) => address !== undefined);
  if (valid.length === 0 || valid.length < parsed.length) {
    throw new ValueError('HOST:PORT, [IPv6]:PORT, :PORT or unix:PATH');
  }
  const fixed = valid.filter((address) => address.kind === 'unix' || address.port > 0);
  if (new Set(fixed.map(formatAddress)).size < fixed.length) {
    throw new ValueError('each address once');
  }
  return valid;
}

export function optionalTcpAddress(value: unknown): TcpAddress | undefined {
  if (value === '') return undefined;
  const address = typeof value === 'string' ? parseAddress(value) : undefined;
  if (address?.kind !== 'tcp') throw new ValueError("HOST:PORT, [IPv6]:PORT, :PORT or ''");
  return address;
}

/** Entries that `Networks` takes; they stay text, as settings cross a process boundary. */
export function networks(value: unknown): readonly string[] {
  if (value === '') return [];
  const entries = list(value);
  try {
    void new Networks(entries);
    return entries;
  } catch (error) {
    throw new ValueError(
      "addresses, networks in CIDR notation, or '*', with commas between, or '' for nobody",
      {
        cause: error,
      },
    );
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
