import { once } from 'node:events';
import { expect, test } from 'vitest';
import { fetchHandler } from '../../src/adapters/fetch-handler.ts';
import type { Application, Environ } from '../../src/types.ts';
import { validator } from '../../src/validator.ts';

const HELLO: Application = (_environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  return [Buffer.from('hello')];
};

async function environFor(request: Request, peer = {}, options = {}): Promise<Environ> {
  const seen = Promise.withResolvers<Environ>();
  const answer = fetchHandler(
    validator((environ, startResponse) => {
      seen.resolve(environ);
      return HELLO(environ, startResponse);
    }),
    options,
  );
  await answer(request, peer);
  return seen.promise;
}

test('a Request becomes environ', async () => {
  const request = new Request('https://[::1]:8443/app/caf%C3%A9?b=%20', {
    method: 'POST',
    headers: { 'X-Name': 'd', 'Content-Type': 'text/plain' },
    body: 'some text',
  });
  const environ = await environFor(request, { remoteAddress: '192.0.2.7' }, { scriptName: '/app' });
  expect(environ).toMatchObject({
    REQUEST_METHOD: 'POST',
    SCRIPT_NAME: '/app',
    PATH_INFO: '/caf\xc3\xa9',
    QUERY_STRING: 'b=%20',
    CONTENT_TYPE: 'text/plain',
    SERVER_NAME: '[::1]',
    SERVER_PORT: '8443',
    REMOTE_ADDR: '192.0.2.7',
    HTTP_HOST: '[::1]:8443',
    HTTP_X_NAME: 'd',
    'wsgi.url_scheme': 'https',
  });
});

test.for([
  ['http://shop.test/', '80'],
  ['https://shop.test/', '443'],
])('the port of %s is %s', async ([url = '', port]) => {
  expect((await environFor(new Request(url))).SERVER_PORT).toBe(port);
});

test('a body without a length is told as one', async () => {
  const post = new Request('http://shop.test/', { method: 'POST', body: 'some text' });
  expect((await environFor(post))['HTTP_TRANSFER_ENCODING']).toBe('chunked');
  const get = await environFor(new Request('http://shop.test/'));
  expect(get['HTTP_TRANSFER_ENCODING']).toBeUndefined();
});

test('a whole body has its length', async () => {
  const response = await fetchHandler(HELLO)(new Request('http://shop.test/'));
  expect(response.status).toBe(200);
  expect(response.headers.get('content-length')).toBe('5');
  expect(await response.text()).toBe('hello');
});

test('a body whose reader leaves is closed', async () => {
  const closed = Promise.withResolvers<void>();
  const answer = fetchHandler((_environ, startResponse) => {
    startResponse('200 OK', [['Content-Type', 'text/plain']]);
    async function* pieces(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('first');
      await new Promise(() => {});
    }
    return Object.assign(pieces(), { close: closed.resolve });
  });
  const { body } = await answer(new Request('http://shop.test/'));
  await body?.cancel();
  await closed.promise;
});

test.for(['before', 'while it waits'])(
  'where the client left %s, nobody waits for a response',
  async (when) => {
    const leaving = new AbortController();
    if (when === 'before') leaving.abort();
    const request = new Request('http://shop.test/', { signal: leaving.signal });
    const answer = fetchHandler(async (environ) => {
      const signal = environ['gateway.signal']?.();
      setImmediate(() => leaving.abort());
      if (signal?.aborted === false) await once(signal, 'abort');
      throw signal?.reason;
    });
    await expect(answer(request)).rejects.toThrow('aborted');
  },
);

test('a status that the Fetch API does not have is an error', async () => {
  const answer = fetchHandler((_environ, startResponse) => {
    startResponse('799 Beyond', []);
    return [];
  });
  await expect(answer(new Request('http://shop.test/'))).rejects.toThrow(RangeError);
});

test('a fault of the application is told, and is a 500', async () => {
  const faults: unknown[] = [];
  const fault = new Error('a planted fault');
  const answer = fetchHandler(() => Promise.reject(fault), {
    onError: (error) => faults.push(error),
  });
  expect((await answer(new Request('http://shop.test/'))).status).toBe(500);
  expect(faults).toEqual([fault]);
});

test("'shop' is not a mount point", () => {
  expect(() => fetchHandler(HELLO, { scriptName: 'shop' })).toThrow("like '/prefix': 'shop'");
});
