import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import type { Application, Body, Bytes } from '../../src/types.ts';
import { validator } from '../../src/validator.ts';
import { sampleEnviron } from '../environ.ts';
import { bytes, drain, faultOf, hello, lenient, PLAIN } from './samples.ts';

test.for<[title: string, body: unknown, message: string]>([
  ['a string', 'text', "put the body into a list: [bytes]: 'text'"],
  ['bytes', bytes('text'), 'put the body into a list: [bytes]'],
  ['nothing', undefined, 'must return an iterable: undefined'],
  ['null', null, 'must return an iterable: null'],
  ['false', false, 'must return an iterable: false'],
  ['an object', {}, 'must return an iterable: {}'],
  ['a list of strings', ['text'], "the body must yield Uint8Array: 'text'"],
])('%s as the body is refused, now and later', async ([, body, message]) => {
  const now = await faultOf((_environ, startResponse) => {
    startResponse('200 OK', PLAIN);
    return body as never;
  });
  const later = await faultOf(async (_environ, startResponse) => {
    startResponse('200 OK', PLAIN);
    return body as never;
  });
  expect(now).toMatchObject({ name: 'ContractError', message: expect.stringContaining(message) });
  expect(later).toEqual(now);
});

test.for<[title: string, body: () => Body, message: string]>([
  ['an item', () => [bytes('a')], 'call start_response before the first item of the body'],
  ['an empty item', () => [bytes('')], 'call start_response before the first item of the body'],
  ['the end', () => [], 'call start_response before the body ends'],
])('%s without start_response is refused', async ([, body, message]) => {
  const environ = sampleEnviron();
  await expect(drain(await validator(body)(environ, lenient))).rejects.toThrow(message);
});

function answer(status: string, length: number, ...texts: string[]): Application {
  return (_environ, startResponse) => {
    const type = status.startsWith('304') ? [] : PLAIN;
    startResponse(status, [...type, ['Content-Length', String(length)]]);
    return texts.map(bytes);
  };
}

test.for<[title: string, application: Application, method: string]>([
  ['the body fits its length', answer('200 OK', 2, 'a', 'b'), 'GET'],
  ['HEAD may leave the body out', answer('200 OK', 2), 'HEAD'],
  ['a 304 leaves the body out', answer('304 Not Modified', 2), 'GET'],
])('%s', async ([, application, method]) => {
  const environ = sampleEnviron({ REQUEST_METHOD: method });
  await expect(drain(await validator(application)(environ, lenient))).resolves.toMatch(/^(ab)?$/);
});

test.for<[title: string, application: Application, message: string]>([
  ['too long', answer('200 OK', 1, 'a', 'b'), 'longer than its Content-Length 1: 2'],
  ['too short', answer('200 OK', 3, 'a', 'b'), 'shorter than its Content-Length 3: 2'],
  ['of a 304', answer('304 Not Modified', 1, 'a'), 'a 304 must not have a body: 1'],
])('a body %s is refused', async ([, application, message]) => {
  const body = await validator(application)(sampleEnviron(), lenient);
  await expect(drain(body)).rejects.toThrow(message);
});

test('write() counts for the length of the body', async () => {
  const application: Application = async (_environ, startResponse) => {
    const write = startResponse('200 OK', [...PLAIN, ['Content-Length', '3']]);
    await write(bytes('ab'));
    return [bytes('c')];
  };
  expect(await faultOf(application)).toBeUndefined();
});

/** A body from an application that did nothing wrong. */
async function checkedBodyOf(body: Body): Promise<Body> {
  const application: Application = (_environ, startResponse) => {
    startResponse('200 OK', PLAIN);
    return body;
  };
  return validator(application)(sampleEnviron(), lenient);
}

test('a body stays synchronous or asynchronous', async () => {
  const sync = await checkedBodyOf([bytes('a')]);
  const later = await checkedBodyOf(
    (async function* () {
      yield bytes('a');
    })(),
  );
  expect([Symbol.iterator in sync, Symbol.asyncIterator in sync]).toEqual([true, false]);
  expect([Symbol.iterator in later, Symbol.asyncIterator in later]).toEqual([false, true]);
});

test('one item is asked for at a time', async () => {
  let made = 0;
  const body = await checkedBodyOf(
    (async function* () {
      for (; made < 3; made++) yield bytes(String(made));
    })(),
  );
  for await (const piece of body) expect(String(piece)).toBe(String(made));
  expect(made).toBe(3);
});

test.for<[title: string, body: () => Iterable<Bytes> | AsyncIterable<Bytes>]>([
  ['list', () => [bytes('a')]],
  [
    'async generator',
    async function* () {
      yield bytes('a');
    },
  ],
])('a server closes a %s once, and does not read it later', async ([, make]) => {
  let closed = 0;
  const body = await checkedBodyOf(Object.assign(make(), { close: () => void closed++ }));
  const first = drain(body);
  await first;
  await expect(drain(body)).rejects.toThrow('must iterate the body once');
  await body.close?.();
  expect(closed).toBe(1);
  expect(() => body.close?.()).toThrow('must close the body once');
});

test('a body that is closed is not read on', async () => {
  const sync = await checkedBodyOf([bytes('a')]);
  const iterator = (sync as Iterable<Bytes>)[Symbol.iterator]();
  await sync.close?.();
  expect(() => iterator.next()).toThrow('must not read the body after close()');
});

test('an asynchronous body that is closed is not read on', async () => {
  const later = await checkedBodyOf(new ReadableStream<Bytes>());
  const iterator = (later as AsyncIterable<Bytes>)[Symbol.asyncIterator]();
  await later.close?.();
  await expect(iterator.next()).rejects.toThrow('must not read the body after close()');
});

test('the number of pieces is passed on where there is one', async () => {
  expect(await checkedBodyOf([bytes('a')])).toHaveProperty('length', 1);
  expect(await checkedBodyOf(new Set([bytes('a')]))).not.toHaveProperty('length');
});

test('an iterator without return() may be left early', async () => {
  const next = (): IteratorResult<Bytes> => ({ value: bytes('a') });
  const sync = await checkedBodyOf({ [Symbol.iterator]: () => ({ next }) });
  const later = await checkedBodyOf({
    [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve(next()) }),
  });
  const end = { done: true, value: undefined };
  expect((sync as Iterable<Bytes>)[Symbol.iterator]().return?.()).toEqual(end);
  const iterator = (later as AsyncIterable<Bytes>)[Symbol.asyncIterator]();
  expect(await iterator.return?.()).toEqual(end);
});

test('leaving the iteration early reaches the application', async () => {
  let isLeft = false;
  const body = await checkedBodyOf(
    (async function* () {
      try {
        for (;;) yield bytes('a');
      } finally {
        isLeft = true;
      }
    })(),
  );
  for await (const piece of body) {
    expect(String(piece)).toBe('a');
    break;
  }
  expect(isLeft).toBe(true);
});

/** Of the module: one that only the waiting test refers to may be collected itself, and tell nothing. */
let witness: FinalizationRegistry<void>;

test('a body that is dropped without close() is reported, one that was closed is not', async () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const collected = Promise.withResolvers<void>();
  witness = new FinalizationRegistry<void>(collected.resolve);
  const reported = Promise.withResolvers<string>();
  const reports: string[] = [];
  const write = (text: string): void => {
    reports.push(text);
    reported.resolve(text);
  };
  const errors = { write, writelines() {}, flush() {} };
  await (async () => {
    const closed = await validator(hello)(sampleEnviron({ 'wsgi.errors': errors }), lenient);
    await closed.close?.();
    witness.register(closed, undefined);
    await validator(hello)(sampleEnviron({ 'wsgi.errors': errors }), lenient);
  })();
  const timer = setInterval(collectGarbage, 10);
  await Promise.all([reported.promise, collected.promise]);
  clearInterval(timer);
  expect(reports).toEqual([expect.stringContaining('dropped a body without close()')]);
});
