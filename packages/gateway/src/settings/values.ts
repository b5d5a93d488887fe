import { readFileSync, realpathSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { isAbsolute, resolve } from 'node:path';
import { inspect } from 'node:util';
import {
  formatAddress,
  Networks,
  parseAddress,
  PROTOCOL_NAMES,
  type Address,
  type TcpAddress,
} from './addresses.ts';

export const LOG_LEVELS = ['debug', 'info', 'warning', 'error', 'critical'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** A variable of the environment that a setting's default may come from. */
interface Variable {
  readonly name: string;
  /** The setting as it would stand on a command line; undefined where the text counts as none. */
  readonly read: (text: string) => string | undefined;
}

export interface Setting<T> {
  /** As in `-w, --workers INT`. */
  readonly flags: {
    readonly long: string;
    readonly short?: string;
    /** What stands behind the flag; a switch has none. */
    readonly value?: string;
  };
  readonly section: string;
  /** Read when the gateway starts. */
  readonly default: () => string | number | boolean;
  /** Wins over the default. */
  readonly variable?: Variable;
  readonly parse: Parse<T>;
  /** May be given more than once on the command line. */
  readonly isList?: true;
  /** Its entries are NAME=VALUE, and no message shows what stands behind the sign. */
  readonly hasSecrets?: true;
  readonly description: string;
}

/**
 * Turns what stands on a command line or in a configuration file into a setting's value.
 *
 * @throws {ValueError} with what is expected.
 */
export type Parse<T> = (value: unknown) => T;

export class ValueError extends Error {
  override readonly name = 'ValueError';
}

/** A value as it is written; texts as JSON, as they may hold anything. */
export function show(value: unknown): string {
  const isText = [value].flat().every((one) => typeof one === 'string');
  return isText ? JSON.stringify(value) : inspect(value, { breakLength: Infinity });
}

export function integer(min: number): Parse<number> {
  const isRight = (value: number): boolean => Number.isSafeInteger(value) && value >= min;
  return number(/^\d+$/, isRight, `a whole number, at least ${min}`);
}

/** The longest time of a timer in milliseconds is 2^31 - 1; a longer one would be over at once. */
const SECONDS_MAX = 2_147_483;

/** Seconds, with a fraction where one is wanted. */
export function seconds(min: number): Parse<number> {
  const isRight = (value: number): boolean => value >= min && value <= SECONDS_MAX;
  const expected = `a number of seconds, at least ${min} and at most ${SECONDS_MAX}`;
  return number(/^\d+(\.\d+)?$/, isRight, expected);
}

function number(written: RegExp, isRight: (value: number) => boolean, expected: string) {
  return (value: unknown): number => {
    const read = typeof value === 'string' && written.test(value) ? Number(value) : value;
    if (typeof read !== 'number' || !isRight(read)) throw new ValueError(expected);
    return read;
  };
}

export function choice<const T extends string>(
  choices: readonly T[],
  expected = `one of ${choices.join(', ')}`,
): Parse<T> {
  return (value) => {
    const chosen = choices.find((one) => one === value);
    if (chosen === undefined) throw new ValueError(expected);
    return chosen;
  };
}

export function text(expected: string, pattern: RegExp = /[^]/): Parse<string> {
  return (value) => {
    if (typeof value !== 'string' || !pattern.test(value)) throw new ValueError(expected);
    return value;
  };
}

/** Where the gateway was started, as the shell called it: a link in that name may lead elsewhere later. */
export const START_DIRECTORY: string = startDirectory();

function startDirectory(): string {
  const here = process.cwd();
  const { PWD: named = here } = process.env;
  return isAbsolute(named) && idOf(named) === idOf(here) ? named : here;
}

/** Undefined where there is nothing to be seen. */
function idOf(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path);
    return `${dev} ${ino}`;
  } catch {
    return undefined;
  }
}

/** The directory that a path leads to now, whatever the process has made its own since the start. */
export function directory(value: unknown): string {
  const expected = 'a directory that is there';
  const path = resolve(START_DIRECTORY, text(expected)(value));
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw new ValueError(expected);
  return realpathSync(path);
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
    throw new ValueError(
      `HOST:PORT, [IPv6]:PORT, :PORT or unix:PATH, perhaps behind ${PROTOCOL_NAMES.slice(1).join('://, ')}://`,
    );
  }
  const fixed = valid.filter((address) => address.kind === 'unix' || address.port > 0);
  if (
    new Set(fixed.map((address) => formatAddress({ ...address, protocol: 'http' }))).size <
    fixed.length
  ) {
    throw new ValueError('each address once');
  }
  return valid;
}

export function optionalTcpAddress(value: unknown): TcpAddress | undefined {
  if (value === '') return undefined;
  const address = typeof value === 'string' ? parseAddress(value) : undefined;
  if (address?.kind !== 'tcp' || address.protocol !== undefined)
    throw new ValueError("HOST:PORT, [IPv6]:PORT, :PORT or ''");
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
    const expected =
      "addresses, networks in CIDR notation, or '*', with commas between, or '' for nobody";
    throw new ValueError(expected, { cause: error });
  }
}

/** Paths of requests, or none. */
export function paths(value: unknown): readonly string[] {
  const entries = value === '' ? [] : list(value);
  if (entries.every((entry) => /^\/[\x21-\x7e]*$/.test(entry))) return entries;
  throw new ValueError("paths such as /healthz, with commas between, or '' for none");
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

const QUOTA_V1 = '/sys/fs/cgroup/cpu/cpu.cfs_quota_us';
const PERIOD_V1 = '/sys/fs/cgroup/cpu/cpu.cfs_period_us';

/** How many CPUs this process may use, the default of `workers`. Node heeds the quota of a cgroup v2, but not that of a v1. */
export function grantedCpus(): number {
  const cpus = availableParallelism();
  const quota = readNumber(QUOTA_V1);
  const period = readNumber(PERIOD_V1);
  if (quota === undefined || period === undefined || quota <= 0) return cpus;
  return Math.max(1, Math.min(cpus, Math.ceil(quota / period)));
}

function readNumber(file: string): number | undefined {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
