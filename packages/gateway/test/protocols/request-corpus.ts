import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { RequestLimits } from '../../src/protocols/protocol.ts';
import { LIMITS, type ParsedRequest, type Refusal } from './parse-requests.ts';

/**
 * What a client sends, and what it means. The data files hold one array each, by clause; a case
 * without `refusal` and `isIncomplete` leaves the parser idle.
 */
export interface RequestCase {
  /** The data file, without its ending. */
  readonly group: string;
  readonly name: string;
  /** The clause, as `RFC 9112 §3.2`. */
  readonly source: string;
  readonly bytes: Text;
  /** Over the defaults. */
  readonly limits?: Partial<RequestLimits>;
  /** The requests that came in full. What is left out is not compared, but for an empty body. */
  readonly requests?: readonly Partial<ParsedRequest>[];
  readonly refusal?: Refusal;
  /** More bytes are needed. */
  readonly isIncomplete?: boolean;
}

/** Latin1: one character a byte. A list is joined. */
type Text = string | { readonly repeat: Text; readonly times: number } | readonly Text[];

const FOLDER = join(import.meta.dirname, 'requests');

export const CORPUS: readonly RequestCase[] = readdirSync(FOLDER).flatMap(readGroup);

export function bytesOf({ bytes }: RequestCase): Buffer {
  return Buffer.from(expand(bytes), 'latin1');
}

export function limitsOf({ limits }: RequestCase): RequestLimits {
  return { ...LIMITS, ...limits };
}

export function expand(text: Text): string {
  if (typeof text === 'string') return text;
  return 'repeat' in text ? expand(text.repeat).repeat(text.times) : text.map(expand).join('');
}

function readGroup(file: string): RequestCase[] {
  const cases = JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Omit<
    RequestCase,
    'group'
  >[];
  return cases.map((each) => ({ ...each, group: basename(file, '.json') }));
}
