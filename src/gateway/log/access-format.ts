import { listFields, type ResponseFields } from '../../wsgi/response-fields.ts';
import type { Environ } from '../../wsgi/types.ts';
import type { Field } from '../protocols/http1/fields.ts';
import type { RequestLine } from '../protocols/http1/request-line.ts';
import type { PeerFacts } from '../worker/environ.ts';

/** A request, as the access log tells it. */
export interface LoggedRequest {
  readonly exchange: LoggedExchange;
  readonly peer: PeerFacts;
  readonly status: number;
  readonly durationMs: number;
}

/** What was asked and answered; of a refused request little is known. */
interface LoggedExchange {
  readonly head: RequestLine | undefined;
  readonly environ: Partial<Environ>;
  readonly responseFields: ResponseFields;
  readonly sentBytes: number;
  field(name: string): Pick<Field, 'value'> | undefined;
}

type Value = string | number | undefined;

/** Gunicorn's atoms: `%(h)s`. */
const ATOMS: Readonly<Record<string, (request: LoggedRequest) => Value>> = {
  h: ({ peer }) => peer.remoteAddress,
  l: () => undefined,
  u: ({ exchange }) => userName(exchange.field('authorization')?.value),
  t: () => commonLogTime(new Date()),
  r: ({ exchange: { head } }) => head && `${head.method} ${head.target} ${head.protocol}`,
  m: ({ exchange }) => exchange.head?.method,
  U: ({ exchange }) => exchange.head?.path,
  q: ({ exchange }) => exchange.head?.query,
  H: ({ exchange }) => exchange.head?.protocol,
  s: ({ status }) => status,
  B: ({ exchange }) => exchange.sentBytes,
  b: ({ exchange }) => exchange.sentBytes || undefined,
  f: ({ exchange }) => exchange.field('referer')?.value,
  a: ({ exchange }) => exchange.field('user-agent')?.value,
  T: ({ durationMs }) => Math.floor(durationMs / 1000),
  D: ({ durationMs }) => Math.round(durationMs * 1000),
  M: ({ durationMs }) => Math.round(durationMs),
  L: ({ durationMs }) => (durationMs / 1000).toFixed(6),
  p: () => `<${process.pid}>`,
};

/** Gunicorn's atoms with a name: `%({Accept}i)s` of the request, `o` of the response, `e` of environ. */
const NAMED: Readonly<Record<string, (request: LoggedRequest, name: string) => Value>> = {
  i: ({ exchange }, name) => exchange.field(name.toLowerCase())?.value,
  o: ({ exchange }, name) => headerOf(exchange, name),
  e: ({ exchange }, name) => {
    const { environ } = exchange;
    const value: unknown =
      environ[name as `HTTP_${string}`] ?? environ[name.toUpperCase() as `HTTP_${string}`];
    return typeof value === 'string' ? value : undefined;
  },
};

const ATOM = /%%|%\((?:\{([^}]+)\})?(\w)\)s/g;

/** What begins like an atom in a format, and is none. */
export function unknownAtoms(format: string): string[] {
  const known = format.replaceAll(ATOM, (atom, name: string | undefined, letter = '') =>
    atom === '%%' || Object.hasOwn(name === undefined ? ATOMS : NAMED, letter) ? '' : atom,
  );
  return known.match(/%(?:\([^)]*\))?[-+#\d.]*\S?/g) ?? [];
}

/** A line for a request, in Gunicorn's format; what a client sent cannot break out of it. */
export function formatAccess(format: string, request: LoggedRequest): string {
  return format.replaceAll(ATOM, (atom, name: string | undefined, letter: string) => {
    if (atom === '%%') return '%';
    const value = name === undefined ? ATOMS[letter]?.(request) : NAMED[letter]?.(request, name);
    return value === undefined || value === '' ? '-' : escape(String(value));
  });
}

function headerOf({ responseFields }: LoggedExchange, name: string): string | undefined {
  const lower = name.toLowerCase();
  return listFields(responseFields).find(([header]) => header.toLowerCase() === lower)?.[1];
}

/** RFC 7617: what stands before the colon. */
function userName(authorization: string | undefined): string | undefined {
  const [, credentials] = /^basic +(\S+)$/i.exec(authorization ?? '') ?? [];
  return credentials && Buffer.from(credentials, 'base64').toString('utf8').split(':', 1)[0];
}

/** `[22/Nov/2026:09:25:26 +0000]` */
function commonLogTime(date: Date): string {
  const [, day, month, year, time] = date.toUTCString().split(' ');
  return `[${day}/${month}/${year}:${time} +0000]`;
}

// Quotes, backslashes, and what a reader of logs may take for the end of a line or for a command.
const UNSAFE = /[^\x20\x21\x23-\x5b\x5d-\x7e\xa0-\u2027\u202a-\uffff]/g;

function escape(text: string): string {
  return text.replaceAll(UNSAFE, (character) =>
    character === '"' || character === '\\'
      ? `\\${character}`
      : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
