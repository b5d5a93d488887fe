import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Application, Bytes, Environ } from '../src/types.ts';
import { bytes, logged, PLAIN, textOf } from './conformance-cases.ts';
import type { EventLog, Log } from './event-log.ts';
import { connectTo, readAll, readUntil } from './raw-client.ts';

/** A conversation that takes more than one request and its response. */
export interface ConformanceScenario {
  readonly name: string;
  readonly application: (log: Log) => Application;
  readonly run: (port: number, log: EventLog) => Promise<void>;
}

const GET = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';
const MEGABYTE = 1024 * 1024;
const PIECE: Bytes = new Uint8Array(64 * 1024).fill('x'.charCodeAt(0));
const PIECES = (50 * MEGABYTE) / PIECE.length;

export const SCENARIOS: readonly ConformanceScenario[] = [
  {
    name: 'a piece is sent before the next one is made',
    application: (log) =>
      streaming(log, async function* () {
        yield bytes('first');
        await log.until('first piece received');
        yield bytes('second');
      }),
    async run(port, log) {
      const socket = await connectTo(port);
      socket.write(GET);
      await readUntil(socket, 'first');
      log.add('first piece received');
      await readUntil(socket, 'second');
      await log.until('close');
      socket.destroy();
    },
  },
  {
    name: 'the first write() sends the head, though it is empty',
    application: (log) => async (_environ, startResponse) => {
      const write = startResponse('200 OK', PLAIN);
      await write(bytes(''));
      await log.until('head received');
      return logged(log, [bytes('body')]);
    },
    async run(port, log) {
      const socket = await connectTo(port);
      socket.write(GET.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
      const head = await readUntil(socket, '\r\n\r\n');
      expect(head.split('\r\n\r\n')).toEqual([expect.stringMatching(/^HTTP\/1.1 200 OK/), '']);
      log.add('head received');
      expect(await readAll(socket)).toBe('4\r\nbody\r\n0\r\n\r\n');
      await log.until('close');
    },
  },
  {
    name: 'a client that leaves aborts the signal, and the body is closed',
    application: (log) =>
      streaming(log, async function* (environ) {
        yield bytes('first');
        const signal = environ['gateway.signal']?.();
        if (signal?.aborted === false) await aborted(signal);
        log.add('aborted');
      }),
    async run(port, log) {
      await leaveAfter(port, 'first');
      await log.until('aborted');
      await log.until('close');
    },
  },
  {
    name: 'a body that waits for ever is closed where the client leaves',
    application: (log) =>
      streaming(log, async function* () {
        yield bytes('first');
        await new Promise(() => {});
      }),
    async run(port, log) {
      await leaveAfter(port, 'first');
      await log.until('close');
    },
  },
  {
    name: 'a body that never stops is closed where the client leaves',
    application: (log) =>
      streaming(log, async function* () {
        try {
          for (;;) yield PIECE;
        } finally {
          log.add('left');
        }
      }),
    async run(port, log) {
      await leaveAfter(port, 'xxx');
      await log.until('close');
      expect(log.events).toEqual(['left', 'close']);
    },
  },
  {
    name: 'a client that leaves before the response aborts the signal',
    application: (log) => async (environ, startResponse) => {
      const signal = environ['gateway.signal']?.();
      log.add('started');
      if (signal?.aborted === false) await aborted(signal);
      log.add('aborted');
      startResponse('200 OK', PLAIN);
      return logged(log, [bytes('too late')]);
    },
    async run(port, log) {
      const socket = await connectTo(port);
      socket.write(GET);
      await log.until('started');
      socket.destroy();
      await log.until('close');
      expect(log.events).toEqual(['started', 'aborted', 'close']);
    },
  },
  {
    name: 'a client that leaves in the middle of its body makes reading fail',
    application: (log) => async (environ, startResponse) => {
      const input = environ['wsgi.input'];
      startResponse('200 OK', PLAIN);
      log.add(`read ${textOf(await input.read(3))}`);
      await input.read().catch((error: unknown) => {
        log.add('failed');
        throw error;
      });
      return logged(log, []);
    },
    async run(port, log) {
      const socket = await connectTo(port);
      socket.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc');
      await log.until('read abc');
      socket.destroy();
      await log.until('failed');
    },
  },
  {
    name: 'of a generator, no more is made than the client takes',
    application: (log) =>
      streaming(log, function* () {
        for (let made = 0; made < PIECES; made++) {
          log.add('made');
          yield PIECE;
        }
      }),
    run: expectBackPressure,
  },
  {
    name: 'of an async generator, no more is made than the client takes',
    application: (log) =>
      streaming(log, async function* () {
        for (let made = 0; made < PIECES; made++) {
          log.add('made');
          yield PIECE;
        }
      }),
    run: expectBackPressure,
  },
  {
    name: 'write() waits for the client',
    application: (log) => async (_environ, startResponse) => {
      const write = startResponse('200 OK', PLAIN);
      for (let made = 0; made < PIECES; made++) {
        log.add('made');
        await write(PIECE);
      }
      return logged(log, []);
    },
    run: expectBackPressure,
  },
  {
    name: 'a body left unread does not become the next request',
    application: () => (environ, startResponse) => {
      startResponse('200 OK', PLAIN);
      return [bytes(`<${environ.REQUEST_METHOD} ${environ.PATH_INFO}>`)];
    },
    async run(port) {
      const socket = await connectTo(port);
      const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n';
      socket.write(
        `POST /one HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}` +
          'GET /two HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
      );
      expect((await readAll(socket)).match(/<.*?>/g)).toEqual(['<POST /one>', '<GET /two>']);
    },
  },
];

function streaming(
  log: Log,
  body: (environ: Environ) => Iterable<Bytes> | AsyncIterable<Bytes>,
): Application {
  return (environ, startResponse) => {
    startResponse('200 OK', PLAIN);
    return logged(log, body(environ));
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

async function leaveAfter(port: number, text: string): Promise<void> {
  const socket = await connectTo(port);
  socket.write(GET);
  await readUntil(socket, text);
  socket.destroy();
}

/** The buffers of two sockets take some megabytes; then the application has to wait, until the client reads on. */
async function expectBackPressure(port: number, log: EventLog): Promise<void> {
  const socket = await connectTo(port);
  socket.write(GET.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
  await log.until('made');
  const made = await standstill(log);
  expect(made * PIECE.length).toBeLessThan(25 * MEGABYTE);
  const received = await readAll(socket);
  expect(received.length).toBeGreaterThan(50 * MEGABYTE);
  await log.until('close');
  expect(log.events.filter((event) => event === 'made')).toHaveLength(PIECES);
}

/** How many events there are once no more come for a while: only time can show that nothing happens. */
async function standstill(log: EventLog): Promise<number> {
  for (;;) {
    const before = log.events.length;
    await delay(300);
    if (log.events.length === before) return before;
  }
}
