import type { Application, Body, Bytes, HeaderList } from '../src/types.ts';
import type { Log } from './event-log.ts';

// The applications run on servers that are not Node: they use what every runtime has.

/** One request, and what must come back for it. */
export interface ConformanceCase {
  readonly name: string;
  readonly application: (log: Log) => Application;
  /** As it goes over the wire, latin1. The server has to end the connection after it. */
  readonly request: string;
  readonly expected: Expectation;
  /** The application does wrong on purpose: it runs without the validator. */
  readonly breaksContract?: boolean;
}

export interface Expectation {
  readonly status: string;
  readonly body?: string;
  /** False where the client has to see that the body was cut. */
  readonly isComplete?: boolean;
  /** All values of a header; an empty list where it must not be there. */
  readonly headers?: Readonly<Record<string, readonly (string | RegExp)[]>>;
  /** What the application has logged in the end. */
  readonly events?: readonly string[];
  /** Variables of the environ that the body shows as JSON. */
  readonly environ?: Readonly<Record<string, string | RegExp | undefined>>;
}

export const PLAIN: HeaderList = [['Content-Type', 'text/plain']];

export function bytes(text: string): Bytes {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** What bytes say in UTF-8. */
export function textOf(piece: Bytes): string {
  return new TextDecoder().decode(piece);
}

/** A turn of the event loop later. */
function later(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

/** A body that logs its `close()`. */
export function logged(log: Log, body: Iterable<Bytes> | AsyncIterable<Bytes>): Body {
  return Object.assign(body, { close: () => log.add('close') });
}

function request(method: string, target = '/', lines: readonly string[] = [], body = ''): string {
  const head = [`${method} ${target} HTTP/1.1`, 'Host: localhost', 'Connection: close', ...lines];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}

function* pieces(...texts: string[]): Generator<Bytes> {
  for (const text of texts) yield bytes(text);
}

async function* laterPieces(...texts: string[]): AsyncGenerator<Bytes> {
  for (const text of texts) {
    await later();
    yield bytes(text);
  }
}

/** Starts with this and returns the body, which logs its `close()`. */
function answer(
  status: string,
  headers: HeaderList,
  body: () => Iterable<Bytes> | AsyncIterable<Bytes>,
): (log: Log) => Application {
  return (log) => (_environ, startResponse) => {
    startResponse(status, headers);
    return logged(log, body());
  };
}

const withLength = (length: number): HeaderList => [...PLAIN, ['Content-Length', String(length)]];
const CHUNKED = { 'transfer-encoding': ['chunked'], 'content-length': [] };
const WITHOUT_FRAMING = { 'transfer-encoding': [], 'content-length': [] };
const SERVER_ERROR: Expectation = { status: '500 Internal Server Error' };

const BODIES: ConformanceCase[] = [
  {
    name: 'a list of one piece tells its length',
    application: answer('200 OK', PLAIN, () => [bytes('hello')]),
    request: request('GET'),
    expected: {
      status: '200 OK',
      body: 'hello',
      headers: { 'content-length': ['5'], 'transfer-encoding': [], 'content-type': ['text/plain'] },
      events: ['close'],
    },
  },
  {
    name: 'a promise of a body is a body',
    application: (log) => async (_environ, startResponse) => {
      await later();
      startResponse('200 OK', PLAIN);
      return logged(log, [bytes('later')]);
    },
    request: request('GET'),
    expected: { status: '200 OK', body: 'later', events: ['close'] },
  },
  {
    name: 'a list of many pieces is sent in its order',
    application: answer('200 OK', PLAIN, () => ['a', 'b', 'c'].map(bytes)),
    request: request('GET'),
    expected: { status: '200 OK', body: 'abc', events: ['close'] },
  },
  {
    name: 'a generator is sent in chunks',
    application: answer('200 OK', PLAIN, () => pieces('one ', 'two')),
    request: request('GET'),
    expected: { status: '200 OK', body: 'one two', headers: CHUNKED, events: ['close'] },
  },
  {
    name: 'an async generator is sent in chunks',
    application: answer('200 OK', PLAIN, () => laterPieces('one ', 'two')),
    request: request('GET'),
    expected: { status: '200 OK', body: 'one two', headers: CHUNKED, events: ['close'] },
  },
  {
    name: 'to HTTP/1.0 a body of unknown length ends with the connection',
    application: answer('200 OK', PLAIN, () => laterPieces('one ', 'two')),
    request: 'GET / HTTP/1.0\r\n\r\n',
    expected: { status: '200 OK', body: 'one two', headers: WITHOUT_FRAMING, events: ['close'] },
  },
  {
    name: 'empty pieces are not sent',
    application: answer('200 OK', PLAIN, () => laterPieces('', 'one', '', 'two', '')),
    request: request('GET'),
    expected: { status: '200 OK', body: 'onetwo', events: ['close'] },
  },
  {
    name: 'a body of all bytes comes through unchanged',
    application: answer('200 OK', PLAIN, () => [new Uint8Array(256).map((_, index) => index)]),
    request: request('GET'),
    expected: {
      status: '200 OK',
      body: String.fromCharCode(...Array(256).keys()),
      events: ['close'],
    },
  },
  {
    name: 'an empty body has the length 0',
    application: answer('200 OK', PLAIN, () => []),
    request: request('GET'),
    expected: {
      status: '200 OK',
      body: '',
      headers: { 'content-length': ['0'] },
      events: ['close'],
    },
  },
  {
    name: 'a generator without a byte has the length 0',
    application: answer('200 OK', PLAIN, () => laterPieces('')),
    request: request('GET'),
    expected: {
      status: '200 OK',
      body: '',
      headers: { 'content-length': ['0'] },
      events: ['close'],
    },
  },
  {
    name: 'write() comes before the body',
    application: (log) => async (_environ, startResponse) => {
      const write = startResponse('200 OK', PLAIN);
      await write(bytes('one '));
      await write(bytes('two '));
      return logged(log, [bytes('three')]);
    },
    request: request('GET'),
    expected: { status: '200 OK', body: 'one two three', headers: CHUNKED, events: ['close'] },
  },
  {
    name: 'start_response may come with the first piece',
    application: (log) => (_environ, startResponse) =>
      logged(
        log,
        (async function* () {
          await later();
          startResponse('201 Created', PLAIN);
          yield bytes('made');
        })(),
      ),
    request: request('GET'),
    expected: { status: '201 Created', body: 'made', events: ['close'] },
  },
];

const HEADS: ConformanceCase[] = [
  {
    name: 'HEAD has the length of the body without the body',
    application: answer('200 OK', PLAIN, () => [bytes('hello')]),
    request: request('HEAD'),
    expected: {
      status: '200 OK',
      body: '',
      headers: { 'content-length': ['5'] },
      events: ['close'],
    },
  },
  {
    name: 'HEAD keeps a declared length',
    application: answer('200 OK', withLength(5), () => []),
    request: request('HEAD'),
    expected: {
      status: '200 OK',
      body: '',
      headers: { 'content-length': ['5'] },
      events: ['close'],
    },
  },
  {
    name: 'HEAD of a stream has no body',
    application: answer('200 OK', PLAIN, () => laterPieces('one', 'two')),
    request: request('HEAD'),
    expected: { status: '200 OK', body: '', headers: { 'content-length': [] }, events: ['close'] },
  },
  {
    name: 'a 204 has neither body nor length',
    application: answer('204 No Content', [], () => []),
    request: request('GET'),
    expected: { status: '204 No Content', body: '', headers: WITHOUT_FRAMING, events: ['close'] },
  },
  {
    name: 'a 204 with a body is sent without it',
    application: answer('204 No Content', withLength(5), () => laterPieces('hello')),
    request: request('GET'),
    expected: { status: '204 No Content', body: '', headers: WITHOUT_FRAMING, events: ['close'] },
    breaksContract: true,
  },
  {
    name: 'a 304 has no body and keeps its length',
    application: answer(
      '304 Not Modified',
      [
        ['ETag', '"a"'],
        ['Content-Length', '5'],
      ],
      () => [],
    ),
    request: request('GET'),
    expected: {
      status: '304 Not Modified',
      body: '',
      headers: { etag: ['"a"'], 'content-length': ['5'], 'transfer-encoding': [] },
      events: ['close'],
    },
  },
  {
    name: 'a response has one Date',
    application: answer('200 OK', PLAIN, () => []),
    request: request('GET'),
    expected: {
      status: '200 OK',
      headers: { date: [/GMT$/] },
      events: ['close'],
    },
  },
  {
    name: 'a Date of the application is left as it is',
    application: answer('200 OK', [...PLAIN, ['date', 'Sun, 06 Nov 1994 08:49:37 GMT']], () => []),
    request: request('GET'),
    expected: {
      status: '200 OK',
      headers: { date: ['Sun, 06 Nov 1994 08:49:37 GMT'] },
      events: ['close'],
    },
  },
  {
    name: 'repeated headers stay apart, in latin1',
    application: answer(
      '299 Caf\xe9',
      [...PLAIN, ['Set-Cookie', 'a=1'], ['Set-Cookie', 'b=\xe9']],
      () => [],
    ),
    request: request('GET'),
    expected: {
      status: '299 Caf\xe9',
      headers: { 'set-cookie': ['a=1', 'b=\xe9'] },
      events: ['close'],
    },
  },
];

const LENGTHS: ConformanceCase[] = [
  {
    name: 'a declared length frames a stream',
    application: answer('200 OK', withLength(6), () => laterPieces('one', 'two')),
    request: request('GET'),
    expected: {
      status: '200 OK',
      body: 'onetwo',
      headers: { 'content-length': ['6'], 'transfer-encoding': [] },
      events: ['close'],
    },
  },
  {
    name: 'a body longer than its length is cut there',
    application: answer('200 OK', withLength(4), () => laterPieces('one', 'two', 'three')),
    request: request('GET'),
    expected: { status: '200 OK', body: 'onet', events: ['close'] },
    breaksContract: true,
  },
  {
    name: 'a body shorter than its length ends the connection',
    application: answer('200 OK', withLength(9), () => laterPieces('one', 'two')),
    request: request('GET'),
    expected: { status: '200 OK', isComplete: false, events: ['close'] },
    breaksContract: true,
  },
  {
    name: 'a body that is known to be shorter than its length is a 500',
    application: answer('200 OK', withLength(9), () => [bytes('one')]),
    request: request('GET'),
    expected: { ...SERVER_ERROR, events: ['close'] },
    breaksContract: true,
  },
];

const ERRORS: ConformanceCase[] = [
  {
    name: 'excInfo replaces a response that was not sent',
    application: (log) => (_environ, startResponse) => {
      startResponse('200 OK', withLength(2));
      startResponse('503 Service Unavailable', PLAIN, [new Error('a planted fault')]);
      return logged(log, [bytes('sorry')]);
    },
    request: request('GET'),
    expected: {
      status: '503 Service Unavailable',
      body: 'sorry',
      headers: { 'content-length': ['5'] },
      events: ['close'],
    },
  },
  {
    name: 'excInfo throws its error where the head was sent',
    application: (log) => (_environ, startResponse) => {
      startResponse('200 OK', PLAIN);
      return logged(
        log,
        (async function* () {
          yield bytes('one');
          const fault = new Error('a planted fault');
          try {
            startResponse('500 Oops', PLAIN, [fault]);
          } catch (error) {
            log.add(error === fault ? 'thrown back' : 'another error');
            throw error;
          }
        })(),
      );
    },
    request: request('GET'),
    expected: { status: '200 OK', isComplete: false, events: ['thrown back', 'close'] },
  },
  {
    name: 'an error before start_response is a 500',
    application: () => () => {
      throw new Error('a planted fault');
    },
    request: request('GET'),
    expected: SERVER_ERROR,
  },
  {
    name: 'an error after start_response is a 500 without the headers of the application',
    application: () => async (_environ, startResponse) => {
      startResponse('200 OK', [...PLAIN, ['X-Secret', 'yes'], ['Content-Length', '1']]);
      throw new Error('a planted fault');
    },
    request: request('GET'),
    expected: { ...SERVER_ERROR, headers: { 'x-secret': [] } },
  },
  {
    name: 'an error of the body before its first byte is a 500',
    application: answer('200 OK', PLAIN, async function* () {
      yield bytes('');
      throw new Error('a planted fault');
    }),
    request: request('GET'),
    expected: { ...SERVER_ERROR, events: ['close'] },
  },
  {
    name: 'an error in the middle of a chunked body cuts it',
    application: answer('200 OK', PLAIN, async function* () {
      yield bytes('one');
      throw new Error('a planted fault');
    }),
    request: request('GET'),
    expected: { status: '200 OK', isComplete: false, events: ['close'] },
  },
  {
    name: 'to HTTP/1.0 an error in the middle of a body resets the connection',
    application: answer('200 OK', PLAIN, async function* () {
      yield bytes('one');
      throw new Error('a planted fault');
    }),
    request: 'GET / HTTP/1.0\r\n\r\n',
    expected: { status: '200 OK', isComplete: false, events: ['close'] },
  },
  {
    name: 'an error in the middle of a body of known length cuts it',
    application: answer('200 OK', withLength(9), function* () {
      yield bytes('one');
      throw new Error('a planted fault');
    }),
    request: request('GET'),
    expected: { status: '200 OK', isComplete: false, events: ['close'] },
  },
  {
    name: 'to HEAD, a 500 has no body',
    application: () => () => Promise.reject(new Error('a planted fault')),
    request: request('HEAD'),
    expected: { ...SERVER_ERROR, body: '' },
  },
  {
    name: 'a line feed in a header is a 500, and does not reach the client',
    application: answer('200 OK', [['X-Split', 'a\r\nX-Injected: yes']], () => []),
    request: request('GET'),
    expected: { ...SERVER_ERROR, headers: { 'x-split': [], 'x-injected': [] } },
    breaksContract: true,
  },
  {
    name: 'a hop-by-hop header is a 500',
    application: answer('200 OK', [...PLAIN, ['Transfer-Encoding', 'chunked']], () => []),
    request: request('GET'),
    expected: SERVER_ERROR,
    breaksContract: true,
  },
  {
    name: 'a string as the body is a 500',
    application: () => (_environ, startResponse) => {
      startResponse('200 OK', PLAIN);
      return 'text' as unknown as Body;
    },
    request: request('GET'),
    expected: SERVER_ERROR,
    breaksContract: true,
  },
];

const echo: Application = (environ, startResponse) => {
  startResponse('200 OK', PLAIN);
  return environ['wsgi.input'];
};

const INPUTS: ConformanceCase[] = [
  {
    name: 'a body of known length is echoed',
    application: () => echo,
    request: request('POST', '/', ['Content-Length: 7'], 'one\ntwo'),
    expected: { status: '200 OK', body: 'one\ntwo' },
  },
  {
    name: 'a chunked body is echoed without its coding',
    application: () => echo,
    request: request(
      'POST',
      '/',
      ['Transfer-Encoding: chunked'],
      '4\r\none\n\r\n3;x=y\r\ntwo\r\n0\r\n\r\n',
    ),
    expected: { status: '200 OK', body: 'one\ntwo' },
  },
  {
    name: 'a request without a body has an empty one',
    application: () => async (environ, startResponse) => {
      const body = await environ['wsgi.input'].read();
      startResponse('200 OK', PLAIN);
      return [bytes(`${body.length}`)];
    },
    request: request('GET'),
    expected: { status: '200 OK', body: '0' },
  },
  {
    name: 'the input ends with the body, and stays at its end',
    application: () => async (environ, startResponse) => {
      const input = environ['wsgi.input'];
      const parts = [await input.read(2), await input.read(100), await input.read(1)];
      startResponse('200 OK', PLAIN);
      return [bytes(JSON.stringify(parts.map(textOf)))];
    },
    request: request('POST', '/', ['Content-Length: 5'], 'abcde'),
    expected: { status: '200 OK', body: '["ab","cde",""]' },
  },
  {
    name: 'lines are read one by one',
    application: () => async (environ, startResponse) => {
      const input = environ['wsgi.input'];
      const lines = [await input.readline(), await input.readline(2), ...(await input.readlines())];
      startResponse('200 OK', PLAIN);
      return [bytes(JSON.stringify(lines.map(textOf)))];
    },
    request: request('POST', '/', ['Content-Length: 15'], 'one\ntwo\nthree\n4'),
    expected: { status: '200 OK', body: '["one\\n","tw","o\\n","three\\n","4"]' },
  },
];

/** Answers with the strings of environ, as JSON. */
const showEnviron: Application = (environ, startResponse) => {
  startResponse('200 OK', PLAIN);
  const strings = Object.entries(environ).filter(([, value]) => typeof value === 'string');
  return [new TextEncoder().encode(JSON.stringify(Object.fromEntries(strings)))];
};

function environCase(
  name: string,
  rawRequest: string,
  environ: NonNullable<Expectation['environ']>,
): ConformanceCase {
  return {
    name,
    application: () => showEnviron,
    request: rawRequest,
    expected: { status: '200 OK', environ },
  };
}

const ENVIRONS: ConformanceCase[] = [
  environCase('the variables of a plain request', request('GET', '/path?a=1&b=%20'), {
    REQUEST_METHOD: 'GET',
    SCRIPT_NAME: '',
    PATH_INFO: '/path',
    QUERY_STRING: 'a=1&b=%20',
    CONTENT_TYPE: '',
    CONTENT_LENGTH: '',
    SERVER_PROTOCOL: 'HTTP/1.1',
    SERVER_PORT: /^[0-9]+$/,
    REMOTE_ADDR: '127.0.0.1',
    REMOTE_PORT: /^[0-9]+$/,
    RAW_URI: '/path?a=1&b=%20',
    HTTP_HOST: 'localhost',
    'wsgi.url_scheme': 'http',
  }),
  environCase(
    'the path is decoded to bytes, the query is not',
    request('GET', '/caf%C3%A9%2F?%C3%A9?'),
    {
      PATH_INFO: '/caf\xc3\xa9/',
      QUERY_STRING: '%C3%A9?',
    },
  ),
  environCase('a path is not made simpler', request('GET', '//a/../b/./%2e%2E/%zz'), {
    PATH_INFO: '//a/../b/./../%zz',
  }),
  environCase('a target may have its authority', request('GET', 'http://localhost/a?b'), {
    PATH_INFO: '/a',
    QUERY_STRING: 'b',
    HTTP_HOST: 'localhost',
  }),
  environCase('OPTIONS * has no path', request('OPTIONS', '*'), {
    REQUEST_METHOD: 'OPTIONS',
    PATH_INFO: '',
    RAW_URI: '*',
  }),
  environCase(
    'type and length of the body have variables of their own',
    request('POST', '/', ['Content-Type: text/csv', 'Content-Length: 2'], 'ab'),
    {
      CONTENT_TYPE: 'text/csv',
      CONTENT_LENGTH: '2',
      HTTP_CONTENT_TYPE: undefined,
      HTTP_CONTENT_LENGTH: undefined,
    },
  ),
  environCase(
    'repeated headers are joined, cookies with a semicolon',
    request('GET', '/', ['X-A: 1', 'Cookie: a=1', 'x-a: 2', 'Cookie: b=2']),
    { HTTP_X_A: /^1, ?2$/, HTTP_COOKIE: 'a=1; b=2' },
  ),
  environCase(
    'a name with an underscore is dropped',
    request('GET', '/', ['X_Forwarded_For: evil', 'X-Real: good', 'X_Real: evil']),
    { HTTP_X_FORWARDED_FOR: undefined, HTTP_X_REAL: 'good' },
  ),
  environCase('a value is latin1', request('GET', '/', ['X-A: caf\xe9']), { HTTP_X_A: 'caf\xe9' }),
  environCase('an empty header is there', request('GET', '/', ['X-A:']), { HTTP_X_A: '' }),
  environCase('a header cannot reach the prototype', request('GET', '/', ['__proto__: evil']), {
    HTTP___PROTO__: undefined,
    evil: undefined,
  }),
  environCase('an old version is told', 'GET / HTTP/1.0\r\n\r\n', { SERVER_PROTOCOL: 'HTTP/1.0' }),
];

export const CASES: readonly ConformanceCase[] = [
  ...BODIES,
  ...HEADS,
  ...LENGTHS,
  ...ERRORS,
  ...INPUTS,
  ...ENVIRONS,
];
