import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { expect, test, vi } from 'vitest';
import { eventStream, type EventStreamOptions, type ServerSentEvent } from '../src/event-stream.ts';
import { path } from '../src/urls/path.ts';
import { serveProject } from './serve.ts';

type Events = AsyncGenerator<ServerSentEvent | string>;

async function* eventsOf(...events: (ServerSentEvent | string)[]): Events {
  yield* events;
}

async function textOf(source: Events, options: Partial<EventStreamOptions> = {}): Promise<string> {
  const { body } = eventStream(source, { signal: new AbortController().signal, ...options });
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

test('the headers are those of an event stream', () => {
  const { headers } = eventStream(eventsOf(), { signal: new AbortController().signal });
  expect(headers.get('Content-Type')).toBe('text/event-stream');
  expect(headers.get('Cache-Control')).toBe('no-store');
  expect(headers.get('X-Accel-Buffering')).toBe('no');
  expect(headers.has('Content-Length')).toBe(false);
});

test.for<[event: ServerSentEvent | string, text: string]>([
  ['é', 'data: é\n\n'],
  ['', 'data: \n\n'],
  ['a\nb\r\nc\rd', 'data: a\ndata: b\ndata: c\ndata: d\n\n'],
  [
    { data: 'x', event: 'tick', id: '7', retryMs: 1500 },
    'data: x\nevent: tick\nid: 7\nretry: 1500\n\n',
  ],
  [{ data: '\nid: 8\n\ndata: y' }.data, 'data: \ndata: id: 8\ndata: \ndata: data: y\n\n'],
])('%j goes out as %j', async ([event, text]) => {
  expect(await textOf(eventsOf(event))).toBe(`:\n\n${text}`);
});

test.for<Omit<ServerSentEvent, 'data'>>([{ event: 'a\ndata: x' }, { id: 'a\r' }, { id: '\0' }])(
  'a name or an id that would end its line is refused: %j',
  async (event) => {
    await expect(textOf(eventsOf({ data: '', ...event }))).rejects.toThrow(TypeError);
  },
);

test('while nothing happens, comments go out', async () => {
  const held = Promise.withResolvers<void>();
  async function* events(): Events {
    await held.promise;
    yield 'late';
  }
  const { body } = eventStream(events(), {
    signal: new AbortController().signal,
    heartbeatSeconds: 0.01,
  });
  const pieces: string[] = [];
  for await (const piece of body) {
    pieces.push(Buffer.from(piece).toString());
    if (pieces.length === 4) held.resolve();
  }
  expect(pieces.slice(0, 4)).toEqual(Array(4).fill(':\n\n'));
  expect(pieces.at(-1)).toBe('data: late\n\n');
});

test('no timer stays behind an event', async () => {
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const before = timers();
  await textOf(eventsOf('a', 'b', 'c', 'd'));
  expect(timers()).toBeLessThan(before + 4);
});

test('an error of the source comes through', async () => {
  async function* events(): Events {
    yield 'a';
    throw new RangeError('in the source');
  }
  await expect(textOf(events())).rejects.toThrow(RangeError);
});

test('a signal that has aborted already ends it at once', async () => {
  async function* endless(): Events {
    await new Promise(() => {});
    yield 'never';
  }
  expect(await textOf(endless(), { signal: AbortSignal.abort() })).toBe(':\n\n');
});

test('it ends when the client goes away, and so does its source', async () => {
  const ended = vi.fn<() => void>();
  async function* events(): Events {
    try {
      for (let number = 1; ; number++) {
        yield String(number);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    } finally {
      ended();
    }
  }
  const { port } = await serveProject({
    urlpatterns: [path('', ({ signal }) => eventStream(events(), { signal }))],
  });
  const outgoing = httpRequest({ port, host: '127.0.0.1' }).end();
  outgoing.on('error', () => {});
  const [response] = await once(outgoing, 'response');
  await once(response, 'data');
  response.destroy();
  await vi.waitFor(() => expect(ended).toHaveBeenCalledOnce());
});
