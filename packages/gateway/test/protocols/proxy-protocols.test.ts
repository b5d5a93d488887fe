import { expect, test } from 'vitest';
import { PROTOCOLS } from '../../src/protocols/protocols.ts';
import type { ProtocolLine, RequestLimits } from '../../src/protocols/protocol.ts';
import { LIMITS, readRequests, type Outcome } from './parse-requests.ts';
import {
  beginRecord,
  fastcgiHead,
  pairsContent,
  PROXY_PROTOCOLS,
  proxyRequest,
  record,
  scgiPacket,
  streamRecords,
  uwsgiPacket,
  VARIABLES,
  type Pairs,
  type ProxyProtocol,
} from './proxy-requests.ts';
import { byteByByte } from './splits.ts';

interface Read extends Outcome {
  /** What the protocol answered by itself, and whether it hung up. */
  readonly replies: readonly string[];
  readonly hungUp: boolean;
}

function read(protocol: ProxyProtocol, bytes: Buffer, limits: Partial<RequestLimits> = {}): Read {
  const replies: string[] = [];
  let hungUp = false;
  const line: ProtocolLine = {
    reply: (parts) => replies.push(parts.join('')),
    hangUp: () => {
      hungUp = true;
    },
  };
  const { reader } = PROTOCOLS[protocol].open({ ...LIMITS, ...limits }, line);
  return { ...readRequests(reader, [bytes]), replies, hungUp };
}

const having = (...changes: Pairs): Pairs => {
  const names = new Set(changes.map(([name]) => name));
  return [...VARIABLES.filter(([name]) => !names.has(name)), ...changes];
};
const lacking = (...names: string[]): Pairs => VARIABLES.filter(([name]) => !names.includes(name));

test.for(PROXY_PROTOCOLS)('%s: a request and its body', (protocol) => {
  const { requests, end } = read(protocol, proxyRequest(protocol, VARIABLES, 'a body'));
  expect(end).toBe('idle');
  expect(requests).toEqual([
    expect.objectContaining({
      method: 'GET',
      target: '/a?b',
      path: '/a',
      query: 'b',
      protocol: 'HTTP/1.1',
      host: 'localhost',
      fields: [
        ['host', 'localhost'],
        ['content-length', '6'],
      ],
      body: 'a body',
      isComplete: true,
    }),
  ]);
});

test.for(PROXY_PROTOCOLS)('%s: a body of 300 kB in pieces', (protocol) => {
  const body = 'x'.repeat(300_000);
  const { requests } = read(protocol, proxyRequest(protocol, VARIABLES, body));
  expect(requests.map((request) => request.body === body)).toEqual([true]);
});

test.for(PROXY_PROTOCOLS)('%s: each beginning of a request is incomplete', (protocol) => {
  const bytes = proxyRequest(protocol, VARIABLES, 'abc');
  for (let length = 1; length < bytes.length; length++) {
    const { requests, end } = read(protocol, bytes.subarray(0, length));
    expect(end).toBe('incomplete');
    expect(requests.every(({ isComplete }) => !isComplete)).toBe(true);
  }
});

test.for(PROXY_PROTOCOLS)('%s: byte by byte', (protocol) => {
  const bytes = proxyRequest(protocol, VARIABLES, 'abc');
  const line = { reply() {}, hangUp() {} };
  const { reader } = PROTOCOLS[protocol].open(LIMITS, line);
  const { requests, end } = readRequests(reader, byteByByte(bytes));
  const whole = read(protocol, bytes);
  expect({ requests, end }).toEqual({ requests: whole.requests, end: whole.end });
});

// Each: variables, and what they are refused with.
const REFUSED: readonly (readonly [string, Pairs, number])[] = [
  ['no method', lacking('REQUEST_METHOD'), 400],
  ['a method that is no token', having(['REQUEST_METHOD', 'G T']), 400],
  ['CONNECT', having(['REQUEST_METHOD', 'CONNECT']), 501],
  ['a target with a space', having(['REQUEST_URI', '/a b']), 400],
  ['a target with a control character', having(['REQUEST_URI', '/a\r\nb']), 400],
  ['a target without a slash', having(['REQUEST_URI', 'a']), 400],
  ['a query with a space', having(['QUERY_STRING', 'a b']), 400],
  ['a path without a slash', having(['PATH_INFO', 'a']), 400],
  ['a mount point without a slash', having(['SCRIPT_NAME', 'a'], ['PATH_INFO', '/']), 400],
  ['no version', having(['SERVER_PROTOCOL', 'INCLUDED']), 400],
  ['a malformed Host', having(['HTTP_HOST', 'a b']), 400],
  ['two of Host', [...VARIABLES, ['HTTP_HOST', 'other']], 400],
  ['a field with a line feed', having(['HTTP_X_A', 'a\nb']), 400],
  ['a field name with a line feed', having(['HTTP_X\n', 'a']), 400],
  ['a field without a name', having(['HTTP_', 'a']), 400],
  ['a length that is no number', having(['CONTENT_LENGTH', '+1']), 400],
  ['a length beyond all bodies', having(['CONTENT_LENGTH', '9'.repeat(30)]), 400],
  ['an address that is none', having(['REMOTE_ADDR', '"evil']), 400],
  ['a port that is none', having(['REMOTE_PORT', '80"']), 400],
  ['a long target', having(['REQUEST_URI', `/${'a'.repeat(4094)}`]), 414],
  ['a long field', having(['HTTP_X_A', 'a'.repeat(8190)]), 431],
  ['many fields', [...VARIABLES, ...many(100, 'HTTP_X_')], 431],
  ['many variables', [...VARIABLES, ...many(1000, 'X_')], 431],
];

function many(count: number, prefix: string): Pairs {
  return Array.from({ length: count }, (_, index) => [`${prefix}${index}`, '1'] as const);
}

test.for(PROXY_PROTOCOLS.flatMap((protocol) => REFUSED.map((one) => [protocol, ...one] as const)))(
  '%s: %s is refused',
  ([protocol, , variables, status]) => {
    const bytes = proxyRequest(protocol, variables);
    expect(read(protocol, bytes)).toMatchObject({ requests: [], end: { status } });
  },
);

test.for(PROXY_PROTOCOLS)('%s: a body over the limit is a 413', (protocol) => {
  const { end } = read(protocol, proxyRequest(protocol, VARIABLES, 'abcde'), { bodyBytes: 4 });
  expect(end).toMatchObject({ status: 413 });
});

// What a proxy tells of the path, and what becomes of it: SCRIPT_NAME where it is told, and the path.
test.for<[what: string, Pairs, scriptName: string | undefined, path: string]>([
  ['REQUEST_URI alone', [['REQUEST_URI', '/a%2Fb']], undefined, '/a%2Fb'],
  ['SCRIPT_NAME for all of it', [['SCRIPT_NAME', '/a/b']], undefined, '/a?b'.slice(0, 2)],
  ['PATH_INFO', [['PATH_INFO', '/caf\xe9%']], undefined, '/caf%E9%25'],
  [
    'a mount point',
    [
      ['SCRIPT_NAME', '/shop'],
      ['PATH_INFO', '/a'],
    ],
    '/shop',
    '/shop/a',
  ],
  [
    'the mount point itself',
    [
      ['SCRIPT_NAME', '/shop'],
      ['PATH_INFO', ''],
    ],
    '/shop',
    '/shop',
  ],
  [
    'a mount point with a slash',
    [
      ['SCRIPT_NAME', '/s/'],
      ['PATH_INFO', '/a'],
    ],
    '/s',
    '/s/a',
  ],
  [
    'the root as mount point',
    [
      ['SCRIPT_NAME', '/'],
      ['PATH_INFO', '/a'],
    ],
    undefined,
    '/a',
  ],
])('a path is told by %s', ([, changes, scriptName, path]) => {
  const [request] = read('uwsgi', uwsgiPacket(having(...changes))).requests;
  expect(request).toMatchObject({ path, front: { scriptName } });
});

test('of two variables of a name the last counts, and of fields both', () => {
  const variables: Pairs = [
    ...VARIABLES,
    ['SCRIPT_NAME', '/old'],
    ['SCRIPT_NAME', ''],
    ['PATH_INFO', '/a'],
    ['HTTP_X_A', '1'],
    ['HTTP_X_A', '2'],
  ];
  const [request] = read('fastcgi', proxyRequest('fastcgi', variables)).requests;
  expect(request).toMatchObject({ path: '/a', front: { scriptName: undefined } });
  expect(request?.fields.slice(1)).toEqual([
    ['x-a', '1'],
    ['x-a', '2'],
  ]);
});

test('a variable cannot take the place of one of the gateway', () => {
  const told = having(['wsgi.input', 'evil'], ['__proto__', 'evil'], ['REMOTE_USER', 'ann']);
  const [request] = read('uwsgi', uwsgiPacket(told)).requests;
  expect(request?.front?.variables).toEqual({ REMOTE_USER: 'ann' });
});

test.for(['uwsgi', 'scgi'] as const)('%s: a body in chunks needs its length', (protocol) => {
  const chunked = having(['HTTP_TRANSFER_ENCODING', 'chunked']);
  expect(read(protocol, proxyRequest(protocol, chunked)).end).toMatchObject({ status: 411 });
  expect(read(protocol, proxyRequest(protocol, chunked, 'a')).requests).toMatchObject([
    { body: 'a', isComplete: true },
  ]);
});

// Packets that lie.
test.for<[what: string, ProxyProtocol, Buffer, status: number]>([
  ['another modifier', 'uwsgi', Buffer.from([5, 0, 0, 0]), 400],
  ['a name beyond its packet', 'uwsgi', Buffer.from([0, 4, 0, 0, 9, 0, 65, 65]), 400],
  ['a value beyond its packet', 'uwsgi', Buffer.from([0, 5, 0, 0, 1, 0, 65, 9, 0]), 400],
  ['half a length', 'uwsgi', Buffer.from([0, 1, 0, 0, 9]), 400],
  ['an empty packet', 'uwsgi', Buffer.from([0, 0, 0, 0]), 400],
  ['no digits', 'scgi', Buffer.from(':,'), 400],
  ['other signs', 'scgi', Buffer.from('GET / HTTP/1.1\r\n'), 400],
  ['a zero before', 'scgi', Buffer.from('07:'), 400],
  ['too many digits', 'scgi', Buffer.from('123456789'), 400],
  ['a length over all limits', 'scgi', Buffer.from('99999999:'), 431],
  ['no comma', 'scgi', Buffer.from('3:a\0\0;'), 400],
  ['no NUL at its end', 'scgi', Buffer.from('3:a\0b,'), 400],
  ['a name without a value', 'scgi', Buffer.from('2:a\0,'), 400],
  ['CONTENT_LENGTH not first', 'scgi', Buffer.from('9:SCGI\x001\0\0\0,'), 400],
  ['no SCGI', 'scgi', Buffer.from('17:CONTENT_LENGTH\x000\0,'), 400],
  ['another version', 'fastcgi', Buffer.from([2, 1, 0, 1, 0, 8, 0, 0]), 400],
  ['a short beginning', 'fastcgi', record(1, 1, Buffer.alloc(4)), 400],
  ['a beginning for no request', 'fastcgi', beginRecord(0, true), 400],
  ['two beginnings', 'fastcgi', Buffer.concat([beginRecord(1, true), beginRecord(1, true)]), 400],
  [
    'a name beyond its stream',
    'fastcgi',
    Buffer.concat([beginRecord(1, true), streamRecords(4, 1, Buffer.from([9, 9, 65]))]),
    400,
  ],
  [
    'a length of two gigabytes',
    'fastcgi',
    Buffer.concat([beginRecord(1, true), streamRecords(4, 1, Buffer.alloc(8, 0xff))]),
    400,
  ],
  [
    'half a length in four bytes',
    'fastcgi',
    Buffer.concat([beginRecord(1, true), streamRecords(4, 1, Buffer.from([1, 0x80, 0]))]),
    400,
  ],
  [
    'a body before the end of the variables',
    'fastcgi',
    Buffer.concat([beginRecord(1, true), record(5, 1)]),
    400,
  ],
  [
    'variables without end',
    'fastcgi',
    Buffer.concat([beginRecord(1, true), ...Array(30).fill(record(4, 1, Buffer.alloc(65_535)))]),
    431,
  ],
  ['a long question', 'fastcgi', record(9, 0, Buffer.alloc(1025)), 400],
  ['questions without end', 'fastcgi', Buffer.concat(Array(1001).fill(record(9, 0))), 400],
])('%s in %s is refused', ([, protocol, bytes, status]) => {
  expect(read(protocol, bytes)).toMatchObject({ requests: [], end: { status } });
});

test.for(['1', '3'])('FastCGI: a body of two bytes is not one of %s', (length) => {
  const head = fastcgiHead(having(['CONTENT_LENGTH', length]));
  const bytes = Buffer.concat([head, streamRecords(5, 1, Buffer.from('ab'))]);
  expect(read('fastcgi', bytes)).toMatchObject({
    requests: [{ isComplete: false }],
    end: { status: 400 },
  });
});

test('FastCGI: a body without a length ends with its stream', () => {
  const bytes = Buffer.concat([fastcgiHead(VARIABLES), streamRecords(5, 1, Buffer.from('ab'))]);
  expect(read('fastcgi', bytes).requests).toMatchObject([{ body: 'ab', isComplete: true }]);
});

test('FastCGI: requests come one after the other on one connection', () => {
  const request = (requestId: number, isKept: boolean): Buffer =>
    Buffer.concat([fastcgiHead(VARIABLES, { requestId, isKept }), record(5, requestId)]);
  const { requests, end } = read('fastcgi', Buffer.concat([request(1, true), request(2, false)]));
  expect(end).toBe('idle');
  expect(requests.map(({ isPersistent }) => isPersistent)).toEqual([true, false]);
});

test('FastCGI: a second request at the same time is refused, and the first goes on', () => {
  const bytes = Buffer.concat([
    fastcgiHead(VARIABLES, { requestId: 1 }),
    fastcgiHead(VARIABLES, { requestId: 2 }),
    record(5, 2, Buffer.from('other')),
    streamRecords(5, 1, Buffer.from('mine')),
  ]);
  const { requests, replies } = read('fastcgi', bytes);
  expect(requests).toMatchObject([{ body: 'mine', isComplete: true }]);
  expect(replies).toEqual(['\x01\x03\0\x02\0\x08\0\0\0\0\0\0\x01\0\0\0']);
});

test('FastCGI: another role is refused, and the connection goes on', () => {
  const filter = record(1, 7, Buffer.from([0, 3, 1, 0, 0, 0, 0, 0]));
  const bytes = Buffer.concat([filter, fastcgiHead(VARIABLES), record(5, 1)]);
  const { requests, replies } = read('fastcgi', bytes);
  expect(requests).toHaveLength(1);
  expect(replies).toEqual(['\x01\x03\0\x07\0\x08\0\0\0\0\0\0\x03\0\0\0']);
});

test('FastCGI: a question is answered, also between the variables', () => {
  const asked = record(
    9,
    0,
    pairsContent([
      ['FCGI_MAX_CONNS', ''],
      ['FCGI_MPXS_CONNS', ''],
    ]),
  );
  const [begin, params] = [beginRecord(1, false), streamRecords(4, 1, pairsContent(VARIABLES))];
  const { requests, replies } = read(
    'fastcgi',
    Buffer.concat([begin, asked, params, record(5, 1)]),
  );
  expect(requests).toHaveLength(1);
  expect(replies).toEqual(['\x01\x0a\0\0\0\x12\0\0\x0f\x01FCGI_MPXS_CONNS0']);
});

test('FastCGI: an unknown record is told so', () => {
  expect(read('fastcgi', record(77, 0, Buffer.from('abc'), 3))).toMatchObject({
    end: 'idle',
    replies: ['\x01\x0b\0\0\0\x08\0\0\x4d\0\0\0\0\0\0\0'],
  });
});

test('FastCGI: an abort hangs up, also while the response is awaited', () => {
  const begun = fastcgiHead(VARIABLES);
  expect(read('fastcgi', Buffer.concat([begun, record(2, 1)])).hungUp).toBe(true);
  expect(read('fastcgi', Buffer.concat([begun, record(5, 1), record(2, 1)])).hungUp).toBe(true);
  expect(read('fastcgi', Buffer.concat([begun, record(5, 1), record(2, 9)])).hungUp).toBe(false);
});

test.for(['uwsgi', 'scgi'] as const)('%s: what comes behind the body is not read', (protocol) => {
  const bytes = proxyRequest(protocol, VARIABLES, 'abc');
  const { requests, end } = read(protocol, Buffer.concat([bytes, bytes]));
  expect(requests).toMatchObject([{ body: 'abc' }]);
  expect(end).toBe('idle');
});

test('an SCGI body of no byte has no length', () => {
  const [request] = read('scgi', scgiPacket(VARIABLES)).requests;
  expect(request?.fields).toEqual([['host', 'localhost']]);
});

test('a last value that is one byte longer than what is left is refused', () => {
  const packet = uwsgiPacket(VARIABLES);
  packet.writeUInt16LE('localhost'.length + 1, packet.length - 'localhost'.length - 2);
  expect(read('uwsgi', packet)).toMatchObject({ requests: [], end: { status: 400 } });
  const content = pairsContent(VARIABLES);
  content[content.length - 'HTTP_HOSTlocalhost'.length - 1] = 'localhost'.length + 1;
  const records = Buffer.concat([beginRecord(1, false), streamRecords(4, 1, content)]);
  expect(read('fastcgi', records)).toMatchObject({ requests: [], end: { status: 400 } });
});
