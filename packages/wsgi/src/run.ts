import type { ResponseSink } from './response-sink.ts';
import { WsgiResponse } from './response.ts';
import type { Application, Awaitable, Body, Bytes, Environ } from './types.ts';
import { variable } from './environ.ts';

const EMPTY: Bytes = new Uint8Array(0);
/** So long a body that is always ready may hold the event loop. */
const TURN_MS = 10;

/**
 * Answers one request: calls the application, sends what it returns, closes that
 * (PEP 3333 "The Server/Gateway Side"). Never rejects; returns nothing to wait for where the
 * application was synchronous and its body a list of one piece at most.
 */
export function runApplication(
  application: Application,
  environ: Environ,
  sink: ResponseSink,
): Awaitable<void> {
  const response = new WsgiResponse(sink, variable(environ, 'REQUEST_METHOD'));
  let body: Awaitable<Body>;
  try {
    body = application(environ, response.startResponse);
  } catch (error) {
    return response.fail(error);
  }
  return isPromise(body) ? sendLater(response, body, sink) : sendBody(response, body, sink);
}

async function sendLater(
  response: WsgiResponse,
  body: Promise<Body>,
  sink: ResponseSink,
): Promise<void> {
  try {
    await sendBody(response, await body, sink);
  } catch (error) {
    response.fail(error);
  }
}

function sendBody(response: WsgiResponse, body: Body, sink: ResponseSink): Awaitable<void> {
  if (!isBody(body)) {
    return response.fail(
      new TypeError(`the application must return an iterable of Uint8Array, not ${typeof body}`),
    );
  }
  if (isShortList(body) && !response.isHeadSent) {
    sendList(response, body);
    return body.close === undefined ? undefined : closeBody(response, body);
  }
  return sendPieces(response, body, sink);
}

function sendList(response: WsgiResponse, list: readonly Bytes[]): void {
  try {
    response.sendOnly(list.length === 0 ? EMPTY : (list[0] as Bytes));
  } catch (error) {
    response.fail(error);
  }
}

async function sendPieces(response: WsgiResponse, body: Body, sink: ResponseSink): Promise<void> {
  try {
    if (Symbol.asyncIterator in body) await sendAsync(response, body, sink);
    else await sendSync(response, body);
    response.finish();
  } catch (error) {
    response.fail(error);
  }
  await closeBody(response, body);
}

/** Leaving the loop early, also by an error, calls the iterator's `return()`. */
async function sendSync(response: WsgiResponse, body: Iterable<Bytes>): Promise<void> {
  const isOnly = hasOnePiece(body);
  let turnedAtMs = performance.now();
  for (const piece of body) {
    const written = sendPiece(response, piece, isOnly);
    if (written !== undefined) await written;
    if (isTurnDue(turnedAtMs)) turnedAtMs = await turn();
    if (response.isFinished) break;
  }
}

async function sendAsync(
  response: WsgiResponse,
  body: AsyncIterable<Bytes>,
  sink: ResponseSink,
): Promise<void> {
  const isOnly = hasOnePiece(body);
  const iterator = body[Symbol.asyncIterator]();
  const nextPiece = untilClosed(sink, iterator);
  let turnedAtMs = performance.now();
  for (;;) {
    const step = await nextPiece();
    if (step === 'closed') return abandon(response, iterator);
    if (step.done === true) return;
    try {
      await sendPiece(response, step.value, isOnly);
      if (isTurnDue(turnedAtMs)) turnedAtMs = await turn();
    } catch (error) {
      await iterator.return?.();
      throw error;
    }
    if (response.isFinished) {
      await iterator.return?.();
      return;
    }
  }
}

function isTurnDue(turnedAtMs: number): boolean {
  return performance.now() - turnedAtMs > TURN_MS;
}

/** Lets the event loop serve others; gives the time after. */
async function turn(): Promise<number> {
  await new Promise<void>((resolve) => void nextTurn(resolve));
  return performance.now();
}

/** What every runtime has is a millisecond slower. */
const nextTurn = globalThis.setImmediate ?? setTimeout;

function sendPiece(response: WsgiResponse, piece: Bytes, isOnly: boolean): Awaitable<void> {
  return isOnly && !response.isHeadSent ? response.sendOnly(piece) : response.send(piece);
}

/** Waits for the next piece, but no longer than the client does. */
function untilClosed(
  sink: ResponseSink,
  iterator: AsyncIterator<Bytes>,
): () => Promise<IteratorResult<Bytes> | 'closed'> {
  let leave: (() => void) | undefined;
  sink.whenClosed(() => leave?.());
  return () =>
    new Promise((resolve, reject) => {
      leave = () => resolve('closed');
      if (sink.isClosed) leave();
      else iterator.next().then(resolve, reject);
    });
}

/** A generator queues `return()` behind the `next()` it is in, which may never end: not waited for. */
function abandon(response: WsgiResponse, iterator: AsyncIterator<Bytes>): void {
  iterator.return?.().catch((error: unknown) => response.fail(error));
}

async function closeBody(response: WsgiResponse, body: Body): Promise<void> {
  try {
    await body.close?.();
  } catch (error) {
    response.fail(error);
  }
}

/** `length` is what PEP 3333 has `len()` for: with one piece, its length is the body's. */
function hasOnePiece(body: Iterable<Bytes> | AsyncIterable<Bytes>): boolean {
  return 'length' in body && body.length === 1;
}

function isShortList(body: Body): body is Body & readonly Bytes[] {
  return Array.isArray(body) && body.length <= 1;
}

/** Strings and Uint8Arrays are iterable too, and never what was meant. */
function isBody(body: unknown): boolean {
  return (
    typeof body === 'object' &&
    body !== null &&
    !(body instanceof Uint8Array) &&
    (Symbol.iterator in body || Symbol.asyncIterator in body)
  );
}

/** Of the contract's two kinds of answer. */
export function isPromise<T>(value: Awaitable<T>): value is Promise<T> {
  return typeof value === 'object' && value !== null && 'then' in value;
}
