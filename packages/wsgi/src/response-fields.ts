import { checkConnectionField, checkName, checkValue, HOP_BY_HOP, show } from './headers.ts';
import type { HeaderList } from './types.ts';

/**
 * The header of a response, as it goes over the wire. What the application does with its own list
 * afterwards does not reach it.
 */
export interface ResponseFields {
  /** In latin1, each line with its CRLF (RFC 9112 §5). */
  readonly lines: string;
  readonly hasDate: boolean;
  readonly hasServer: boolean;
  /** What Content-Length declares, else Infinity. */
  readonly contentLength: number;
}

/** Those of a response that has none. */
export const NO_FIELDS: ResponseFields = {
  lines: '',
  hasDate: false,
  hasServer: false,
  contentLength: Infinity,
};

/**
 * PEP 3333 "The start_response() Callable": checks that headers are a list of pairs of strings that are
 * safe on the wire, and writes them out.
 *
 * @param code of the status: some have fields that others have not.
 * @throws where they are not, or where there is a Content-Length that is no number, or two of them.
 */
export function writeFields(headers: HeaderList, code: number = 200): ResponseFields {
  if (!Array.isArray(headers)) throw new TypeError(`headers are not a list: ${show(headers)}`);
  let lines = '';
  let hasDate = false;
  let hasServer = false;
  let contentLength = Infinity;
  for (const header of headers) {
    if (!Array.isArray(header) || header.length !== 2) {
      throw new TypeError(`a header must be a pair [name, value]: ${show(header)}`);
    }
    const [name, value] = header;
    const known = knownNames.get(name) ?? learn(name, value);
    lines += value === known.value ? known.line : writeLine(known, name, value);
    if (known.role === 'Date') hasDate = true;
    else if (known.role === 'Server') hasServer = true;
    else if (known.role === 'Content-Length') contentLength = readLength(value, contentLength);
    else if (known.role === 'hop-by-hop') checkConnectionField(name, code);
  }
  return { lines, hasDate, hasServer, contentLength };
}

/** The headers again, one by one. */
export function listFields({ lines }: Pick<ResponseFields, 'lines'>): HeaderList {
  return lines
    .split('\r\n')
    .slice(0, -1)
    .map((line) => {
      const colon = line.indexOf(': ');
      return [line.slice(0, colon), line.slice(colon + 2)];
    });
}

/** RFC 9110 §8.6: a 204 has no Content-Length, though frameworks like to set one. */
export function withoutContentLength(headers: HeaderList): HeaderList {
  return headers.filter(([name]) => roleOf(name) !== 'Content-Length');
}

/**
 * A name that was looked at, with the line of the value that it had then. An application sends the same
 * names again and again, most of them with the same value.
 */
interface KnownName {
  readonly role: Role | undefined;
  readonly value: string;
  readonly line: string;
  readonly start: string;
}

/** What a server has to know of a header. */
type Role = 'Date' | 'Server' | 'Content-Length' | 'hop-by-hop';

const knownNames = new Map<string, KnownName>();
const KNOWN_NAMES_MAX = 1024;

function learn(name: string, value: string): KnownName {
  checkName(name);
  checkValue(name, value);
  const start = `${name}: `;
  const known = { role: roleOf(name), value, line: `${start}${value}\r\n`, start };
  if (knownNames.size < KNOWN_NAMES_MAX) knownNames.set(name, known);
  return known;
}

function writeLine({ start }: KnownName, name: string, value: string): string {
  checkValue(name, value);
  return `${start}${value}\r\n`;
}

function roleOf(name: string): Role | undefined {
  const lower = name.toLowerCase();
  if (HOP_BY_HOP.has(lower)) return 'hop-by-hop';
  return (['Date', 'Server', 'Content-Length'] as const).find(
    (role) => role.toLowerCase() === lower,
  );
}

function readLength(text: string, before: number): number {
  if (before !== Infinity || !DIGITS.test(text)) {
    throw new Error(`Content-Length must be there once, in digits: '${text}'`);
  }
  return Number(text);
}

// Content-Length = 1*DIGIT (RFC 9110 §8.6), as many as a number holds exactly
const DIGITS = /^[0-9]{1,15}$/;

/** Of an answer of the server's own. */
export const PLAIN_TEXT_FIELDS: ResponseFields = writeFields([
  ['Content-Type', 'text/plain; charset=utf-8'],
]);
