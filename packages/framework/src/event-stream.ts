import { addAbortListener } from 'node:events';
import { HttpResponse } from './response.ts';

/** One event of a stream (HTML Living Standard, "Server-sent events"). */
export interface ServerSentEvent {
  /** Text of one line or several. */
  readonly data: string;
  /** The kind of event that a page listens for; `message` without it. */
  readonly event?: string;
  /** What a browser that connects again sends as Last-Event-ID. */
  readonly id?: string;
  /** How long a browser waits before it connects again. */
  readonly retryMs?: number;
}

/** How a stream of events ends, and is kept open. */
export interface EventStreamOptions {
  /** `request.signal`: ends the stream when the client goes away. */
  readonly signal: AbortSignal;
  /** How often a comment is sent while nothing happens, so that no proxy gives the connection up. */
  readonly heartbeatSeconds?: number;
}

/** Sends events as they happen, for a page's EventSource. A string is an event with that data. */
export function eventStream(
  source: Source,
  { signal, heartbeatSeconds = 15 }: EventStreamOptions,
): HttpResponse {
  return new HttpResponse(write(source, signal, heartbeatSeconds * 1000), {
    contentType: 'text/event-stream',
    // nginx holds back what it buffers, unless this header says otherwise.
    headers: { 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' },
  });
}

type Source = AsyncIterable<ServerSentEvent | string>;
type Step = IteratorResult<ServerSentEvent | string> | 'heartbeat' | 'aborted';

const COMMENT = ':\n\n';

async function* write(source: Source, signal: AbortSignal, heartbeatMs: number) {
  const iterator = source[Symbol.asyncIterator]();
  try {
    // The first bytes carry the headers: the page knows that it is connected.
    yield COMMENT;
    for (let next = iterator.next(); ;) {
      const step = await firstOf(next, signal, heartbeatMs);
      if (step === 'aborted') return;
      if (step === 'heartbeat') {
        yield COMMENT;
        continue;
      }
      if (step.done === true) return;
      yield formatEvent(step.value);
      next = iterator.next();
    }
  } finally {
    // Not waited for: a generator ends behind the `next()` that it is in, which may take for ever.
    iterator.return?.().catch(() => {});
  }
}

async function firstOf(next: Promise<Step>, signal: AbortSignal, heartbeatMs: number) {
  const { promise, resolve, reject } = Promise.withResolvers<Step>();
  const timer = setTimeout(resolve, heartbeatMs, 'heartbeat');
  const listening = addAbortListener(signal, () => resolve('aborted'));
  next.then(resolve, reject);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    listening[Symbol.dispose]();
  }
}

function formatEvent(given: ServerSentEvent | string): string {
  const { data, event, id, retryMs } = typeof given === 'string' ? { data: given } : given;
  const lines = data.split(LINE_END).map((line) => `data: ${line}`);
  if (event !== undefined) lines.push(`event: ${oneLine(event)}`);
  if (id !== undefined) lines.push(`id: ${oneLine(id)}`);
  if (retryMs !== undefined) lines.push(`retry: ${Math.round(retryMs)}`);
  return `${lines.join('\n')}\n\n`;
}

/** @throws {TypeError} where a name or an id would end its line, and begin a field of its own. */
function oneLine(text: string): string {
  if (!/[\r\n\0]/.test(text)) return text;
  throw new TypeError(`An event's name and id have one line: ${JSON.stringify(text)}`);
}

const LINE_END = /\r\n|\r|\n/;
