import { isDeepStrictEqual } from 'node:util';
import { expect, test, type TestContext } from 'vitest';
import type {
  Outcome,
  ParsedRequest,
} from '../../packages/gateway/test/protocols/parse-requests.ts';
import { printFigures } from './figures.ts';
import { needsFront } from './front.ts';
import { passCorpus, type Passage } from './passage.ts';

/** Fields that may stand once, and of which nginx forwards two. */
const TWICE = [
  'Access-Control-Request-Method',
  'Content-Location',
  'Content-Type',
  'Date',
  'From',
  'Last-Event-ID',
  'Max-Forwards',
  'Origin',
  'Range',
  'Referer',
  'Sec-Fetch-Dest',
  'Sec-Fetch-Mode',
  'Sec-Fetch-Site',
  'Sec-Fetch-User',
  'User-Agent',
] as const;

/** What nginx forwards and the gateway refuses: it is the stricter reader, with the lower limits. */
const REFUSED: Readonly<Record<string, string>> = {
  'fields: DEL in a value is refused': '400 control character in a field',
  'fields: ESC in a value is refused': '400 control character in a field',
  'fields: a vertical tab around a value is refused': '400 control character in a field',
  'host: an escape that is none is refused': '400 malformed Host',
  'host: brackets around what is no IPv6 address are refused': '400 malformed Host',
  'limits: a query counts towards the request line': '414 request line over 4094 bytes',
  'limits: a request line of one byte more is refused': '414 request line over 4094 bytes',
  'limits: a request line over the limit that ends in a bare LF is too long first':
    '414 request line over 4094 bytes',
  // nginx's own fields are counted too.
  'limits: as many fields as the limit are served': '431 more than 100 fields',
  'limits: one field more is refused': '431 more than 100 fields',
  'request-target: a fragment is refused': '400 malformed request target',
  'request-target: absolute-form with a fragment is refused': '400 malformed request target',
  'request-target: raw bytes of UTF-8 are refused': '400 malformed request target',
  'single-fields: the same field twice is refused, with others between':
    '400 more than one User-Agent',
  ...Object.fromEntries(
    TWICE.map((name) => [
      `single-fields: two ${name} fields are refused`,
      `400 more than one ${name}`,
    ]),
  ),
};

/** What both accept, and nginx forwards as something else; and why. */
const DIFFERENT: Readonly<Record<string, string>> = {
  'host: an empty port is allowed': 'nginx leaves out the colon',
  'host: an empty port behind an IPv6 address is allowed': 'nginx leaves out the colon',
  'pipelining: several requests come in order': 'nginx serves no request without a host',
};

test('the gateway understands what nginx forwards, but for what it refuses on purpose', async (context) => {
  const passages = await corpusThroughFront(context);
  const refused = passages.flatMap(({ name, forwarded }) =>
    forwarded.filter(({ end }) => end !== 'idle').map(({ end }) => [name, describe(end)] as const),
  );
  expect(Object.fromEntries(refused)).toEqual(REFUSED);
});

test('what nginx forwards means what the client sent', async (context) => {
  const passages = await corpusThroughFront(context);
  const accepted = passages.filter(isAcceptedTwice);
  const different = accepted.filter((each) => !isDeepStrictEqual(received(each), sent(each)));
  const unexplained = different.filter(({ name }) => !Object.hasOwn(DIFFERENT, name));
  printFigures('the corpus through nginx', {
    cases: passages.length,
    forwarded: passages.filter(({ forwarded }) => forwarded.length > 0).length,
    accepted: passages.filter(({ direct }) => direct.end === 'idle').length,
    both: accepted.length,
    different: different.length,
  });
  expect(unexplained.map(received)).toEqual(unexplained.map(sent));
  expect(different.map(({ name }) => name)).toEqual(Object.keys(DIFFERENT));
  expect(accepted.length).toBeGreaterThan(100);
});

test('the gateway reads as many requests as nginx forwarded', async (context) => {
  const passages = await corpusThroughFront(context);
  const read = passages.map(({ name, forwarded }) => [name, readCount(forwarded)] as const);
  const logged = passages.map(({ name, loggedCount }) => [name, loggedCount] as const);
  expect(Object.fromEntries(read)).toEqual(Object.fromEntries(logged));
});

let passages: Promise<Passage[]> | undefined;

/** One run serves all tests. */
function corpusThroughFront(context: TestContext): Promise<Passage[]> {
  needsFront(context);
  passages ??= passCorpus();
  return passages;
}

function isAcceptedTwice({ direct, forwarded }: Passage): boolean {
  const isUnderstood = forwarded.length > 0 && forwarded.every(({ end }) => end === 'idle');
  return direct.end === 'idle' && isUnderstood;
}

/** What comes behind a last request is not served. */
function sent({ name, direct: { requests } }: Passage): unknown {
  const last = requests.findIndex(({ isPersistent }) => !isPersistent);
  const served = last === -1 ? requests : requests.slice(0, last + 1);
  return { name, requests: served.map(meaningOf) };
}

function received({ name, forwarded }: Passage): unknown {
  return { name, requests: forwarded.flatMap(({ requests }) => requests.map(meaningOf)) };
}

/** Path and query instead of the target: nginx makes absolute-form origin-form. */
function meaningOf({ method, host, path, query, body }: ParsedRequest): unknown {
  return { method, host: host.toLowerCase(), path, query, body };
}

/** Complete requests, and whatever else the gateway would answer or wait for. */
function readCount(outcomes: readonly Outcome[]): number {
  const complete = outcomes.flatMap(({ requests }) => requests.filter((each) => each.isComplete));
  return complete.length + outcomes.filter(({ end }) => end !== 'idle').length;
}

function describe(end: Outcome['end']): string {
  return typeof end === 'string' ? end : `${end.status} ${end.message}`;
}
