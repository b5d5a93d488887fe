import { forbidsBody } from '../status.ts';
import type { Body, Bytes } from '../types.ts';
import { requires, type Exchange } from './contract.ts';

type Step = IteratorResult<Bytes>;

/** PEP 3333 "The Server/Gateway Side": a body that passes on one item for each item, and sees it closed. */
export function checkedBody(body: Body, exchange: Exchange): Body {
  iterableOfBytes(body);
  const checked: Body & { length?: unknown } =
    Symbol.asyncIterator in body ? asyncSide(body, exchange) : syncSide(body, exchange);
  if ('length' in body) checked.length = body.length;
  checked.close = () => {
    requires(!exchange.isClosed, 'the server must close the body once');
    exchange.isClosed = true;
    return body.close?.();
  };
  DROPPED.register(checked, exchange);
  return checked;
}

function syncSide(body: Iterable<Bytes>, exchange: Exchange): Iterable<Bytes> {
  return {
    [Symbol.iterator]() {
      iteratedOnce(exchange);
      const iterator = body[Symbol.iterator]();
      return {
        next() {
          notAfterClose(exchange);
          sentByNow(exchange);
          return checkedStep(iterator.next(), exchange);
        },
        return: () => iterator.return?.() ?? { done: true, value: undefined },
      };
    },
  };
}

function asyncSide(body: AsyncIterable<Bytes>, exchange: Exchange): AsyncIterable<Bytes> {
  return {
    [Symbol.asyncIterator]() {
      iteratedOnce(exchange);
      const iterator = body[Symbol.asyncIterator]();
      return {
        async next() {
          notAfterClose(exchange);
          sentByNow(exchange);
          return checkedStep(await iterator.next(), exchange);
        },
        return: async () => (await iterator.return?.()) ?? { done: true, value: undefined },
      };
    },
  };
}

function checkedStep(step: Step, exchange: Exchange): Step {
  if (step.done === true) {
    started(exchange, 'before the body ends');
    notTooShort(exchange);
    return step;
  }
  requires(step.value instanceof Uint8Array, 'the body must yield Uint8Array', step.value);
  started(exchange, 'before the first item of the body');
  stoppedByItsError(exchange);
  exchange.bodyBytes += step.value.length;
  noBodyWhereNoneMayBe(exchange);
  notTooLong(exchange);
  return step;
}

/** "must return an iterable yielding zero or more bytestrings". Strings and bytes are iterable too, and never meant. */
function iterableOfBytes(body: unknown): void {
  const isText = typeof body === 'string' || body instanceof Uint8Array;
  requires(!isText, 'put the body into a list: [bytes]', body);
  const isObject = typeof body === 'object' && body !== null;
  const isIterable = isObject && (Symbol.iterator in body || Symbol.asyncIterator in body);
  requires(isIterable, 'the application must return an iterable', body);
}

/** "must invoke … start_response() before the iterable yields its first body bytestring". */
function started({ code }: Exchange, when: string): void {
  requires(code !== 0, `call start_response ${when}`);
}

/** "Error Handling": what start_response threw back ends the application. */
function stoppedByItsError(exchange: Exchange): void {
  requires(!exchange.mustStop, 'let through what start_response throws with excInfo');
}

/** RFC 9110 §6.4.1: a 204 and a 304 have no body; the server drops that of HEAD. */
function noBodyWhereNoneMayBe({ code, bodyBytes }: Exchange): void {
  requires(!forbidsBody(code) || bodyBytes === 0, `a ${code} must not have a body`, bodyBytes);
}

/** "Handling the Content-Length Header". */
function notTooLong({ bodyBytes, contentLength }: Exchange): void {
  const isWithin = contentLength === undefined || bodyBytes <= contentLength;
  requires(isWithin, `the body is longer than its Content-Length ${contentLength}`, bodyBytes);
}

function notTooShort({ bodyBytes, contentLength = 0, code, isHeadRequest }: Exchange): void {
  const isComplete = isHeadRequest || forbidsBody(code) || bodyBytes >= contentLength;
  requires(isComplete, `the body is shorter than its Content-Length ${contentLength}`, bodyBytes);
}

function iteratedOnce(exchange: Exchange): void {
  requires(!exchange.isIterated, 'the server must iterate the body once');
  exchange.isIterated = true;
}

function notAfterClose(exchange: Exchange): void {
  requires(!exchange.isClosed, 'the server must not read the body after close()');
}

/** "only after the first iteration … that yields a non-empty bytestring": an empty one sends no headers. */
function sentByNow(exchange: Exchange): void {
  exchange.isHeadSent ||= exchange.bodyBytes > 0;
}

/** "the server or gateway must call that method upon completion of the current request". */
const DROPPED = new FinalizationRegistry<Exchange>((exchange) => {
  if (!exchange.isClosed) exchange.errors.write('the server dropped a body without close()\n');
});
