import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import {
  lambdaHandler,
  lambdaStreamHandler,
  type LambdaEvent,
  type LambdaStreamHandler,
} from '../../src/adapters/lambda-handler.ts';
import type { Application, Environ, HeaderList } from '../../src/types.ts';
import { validator } from '../../src/validator.ts';
import { inLambda } from './lambda-caller.ts';
import { FUNCTION_URL, HTTP_API } from './lambda-events.ts';

const PLAIN: HeaderList = [['Content-Type', 'text/plain']];

async function environFor(event: LambdaEvent, options = {}): Promise<[Environ, body: string]> {
  const seen = Promise.withResolvers<[Environ, string]>();
  const application: Application = async (environ, startResponse) => {
    const body = await environ['wsgi.input'].read();
    seen.resolve([environ, Buffer.from(body).toString()]);
    startResponse('200 OK', PLAIN);
    return [];
  };
  await lambdaHandler(validator(application), options)(event);
  return seen.promise;
}

test('the event of a function URL becomes environ', async () => {
  const [environ, body] = await environFor(FUNCTION_URL);
  expect(body).toBe('hi!\n');
  expect(environ).toMatchObject({
    REQUEST_METHOD: 'POST',
    SCRIPT_NAME: '',
    PATH_INFO: '/a/b/caf\xc3\xa9',
    RAW_URI: '/a%2Fb/caf%C3%A9?parameter1=value1&parameter1=value2&parameter2=%20',
    QUERY_STRING: 'parameter1=value1&parameter1=value2&parameter2=%20',
    CONTENT_TYPE: 'text/plain',
    CONTENT_LENGTH: '4',
    SERVER_NAME: 'abc.lambda-url.eu-central-1.on.aws',
    SERVER_PORT: '443',
    SERVER_PROTOCOL: 'HTTP/1.1',
    REMOTE_ADDR: '192.0.2.7',
    HTTP_HOST: 'abc.lambda-url.eu-central-1.on.aws',
    HTTP_COOKIE: 'cookie1=a; cookie2=b',
    HTTP_HEADER2: 'value1,value2',
    'wsgi.url_scheme': 'https',
    'wsgi.multithread': false,
    'wsgi.multiprocess': true,
    'wsgi.run_once': false,
  });
});

test('the event of an HTTP API becomes environ, below its stage', async () => {
  const [environ, body] = await environFor(HTTP_API, { scriptName: '/test' });
  expect(body).toBe('');
  expect(environ).toMatchObject({
    REQUEST_METHOD: 'GET',
    SCRIPT_NAME: '/test',
    PATH_INFO: '/caf\xc3\xa9 1',
    RAW_URI: '/test/caf%C3%A9%201',
    QUERY_STRING: '',
    REMOTE_ADDR: '2001:db8::7',
    HTTP_X_NAME: 'caf\xc3\xa9',
  });
  expect(environ).not.toHaveProperty('HTTP_COOKIE');
});

test('a body whose length is not told is announced', async () => {
  const { 'content-length': _, ...headers } = FUNCTION_URL.headers;
  const [environ, body] = await environFor({ ...FUNCTION_URL, headers });
  expect(environ).toMatchObject({ CONTENT_LENGTH: '', HTTP_TRANSFER_ENCODING: 'chunked' });
  expect(body).toBe('hi!\n');
});

test('an event of another format is refused', async () => {
  const answered = lambdaHandler(() => [])({ ...HTTP_API, version: '1.0' });
  await expect(answered).rejects.toThrow('payload format 2.0, not 1.0');
});

test.for<[what: string, bytes: Uint8Array, body: string, isBase64Encoded: boolean]>([
  ['text', Buffer.from('caf\u00e9'), 'caf\u00e9', false],
  ['bytes', Buffer.from('caf\xe9', 'latin1'), 'Y2Fm6Q==', true],
])('a response of %s is a result', async ([, bytes, body, isBase64Encoded]) => {
  const answer = lambdaHandler((_environ, startResponse) => {
    startResponse('201 Created', [
      ...PLAIN,
      ['Set-Cookie', 'a=1'],
      ['Vary', 'Accept'],
      ['set-cookie', 'b=2'],
      ['vary', 'Cookie'],
    ]);
    return (async function* () {
      yield bytes.subarray(0, 1);
      yield bytes.subarray(1);
    })();
  });
  expect(await answer(HTTP_API)).toEqual({
    statusCode: 201,
    headers: { 'content-type': 'text/plain', vary: 'Accept, Cookie' },
    cookies: ['a=1', 'b=2'],
    body,
    isBase64Encoded,
  });
});

test('the result waits until the body is closed', async () => {
  let isClosed = false;
  const answer = lambdaHandler((_environ, startResponse) => {
    startResponse('200 OK', PLAIN);
    return Object.assign([Buffer.from('body')], {
      async close() {
        await new Promise(setImmediate);
        isClosed = true;
      },
    });
  });
  await answer(HTTP_API);
  expect(isClosed).toBe(true);
});

test('a response that is cut is no result', async () => {
  const faults: unknown[] = [];
  const answer = lambdaHandler(failing, { onError: (fault) => faults.push(fault) });
  await expect(answer(HTTP_API)).rejects.toThrow('incomplete');
  expect(faults).toEqual([new Error('planted')]);
});

test('what is more than Lambda takes is made no further', async () => {
  let made = 0;
  const events: string[] = [];
  const answer = lambdaHandler((_environ, startResponse) => {
    startResponse('200 OK', PLAIN);
    const pieces = (function* () {
      for (; ; made++) yield Buffer.alloc(1_048_576);
    })();
    return Object.assign(pieces, { close: () => void events.push('close') });
  });
  await expect(answer(HTTP_API)).rejects.toThrow('6 MB');
  expect(made).toBe(6);
  expect(events).toEqual(['close']);
});

const failing: Application = (_environ, startResponse) => {
  startResponse('200 OK', PLAIN);
  return (async function* () {
    yield Buffer.from('first');
    throw new Error('planted');
  })();
};

function runtimeWith(application: Application): LambdaStreamHandler {
  return inLambda(() => lambdaStreamHandler(application, { onError: () => {} }));
}

test('a stream is sent piece by piece', async () => {
  const seen = Promise.withResolvers<void>();
  const handler = runtimeWith((_environ, startResponse) => {
    startResponse('200 OK', [...PLAIN, ['Set-Cookie', 'a=1']]);
    return (async function* () {
      yield Buffer.from('first ');
      await seen.promise;
      yield Buffer.from('second');
    })();
  });
  const stream = new PassThrough();
  const handled = handler(HTTP_API, stream);
  await once(stream, 'readable');
  while (!String(stream.read()).endsWith('first ')) await once(stream, 'readable');
  seen.resolve();
  expect(String(await buffer(stream))).toBe('second');
  await handled;
});

test('the head of a stream is told before its body', async () => {
  const handler = runtimeWith((_environ, startResponse) => {
    startResponse('204 No Content', [['X-A', 'b']]);
    return [];
  });
  const stream = new PassThrough();
  const [sent] = await Promise.all([buffer(stream), handler(HTTP_API, stream)]);
  const head = '{"statusCode":204,"headers":{"x-a":"b"},"cookies":[]}';
  expect(String(sent)).toBe(`${head}${'\0'.repeat(8)}`);
});

test('a stream that is slow is waited for', async () => {
  let made = 0;
  const handler = runtimeWith((_environ, startResponse) => {
    startResponse('200 OK', PLAIN);
    return (function* () {
      for (; made < 50; made++) yield Buffer.alloc(16_384);
    })();
  });
  const stream = new PassThrough();
  const handled = handler(HTTP_API, stream);
  await new Promise(setImmediate);
  expect(made).toBeLessThan(10);
  const sent = await buffer(stream);
  await handled;
  expect(sent.length).toBeGreaterThan(50 * 16_384);
});

test('a stream that is cut is an error', async () => {
  const stream = new PassThrough();
  const handled = runtimeWith(failing)(HTTP_API, stream);
  await expect(Promise.all([buffer(stream), handled])).rejects.toThrow('incomplete');
  await expect(handled).rejects.toThrow('incomplete');
});
