import { forbidsBody } from '../status.ts';
import { isConnectionField } from '../headers.ts';
import type { ExcInfo, HeaderList, StartResponse, Write } from '../types.ts';
import { requires, type Exchange } from './contract.ts';

/** PEP 3333 "The start_response() Callable": what an application owes when it calls it. */
export function checkedStartResponse(
  startResponse: StartResponse,
  exchange: Exchange,
): StartResponse {
  return (...parameters: Parameters<StartResponse>) => {
    const [status, headers, excInfo] = parameters;
    twoOrThree(parameters);
    boxed(excInfo);
    onceWithoutExcInfo(exchange, excInfo);
    statusLine(status);
    const code = Number.parseInt(status, 10);
    headerList(code, headers);
    contentType(code, headers);
    exchange.contentLength = contentLength(code, headers);
    exchange.code = code;
    return checkedWrite(forward(startResponse, exchange, parameters), exchange);
  };
}

function twoOrThree(parameters: readonly unknown[]): void {
  const isRight = parameters.length === 2 || parameters.length === 3;
  requires(isRight, 'start_response takes status, headers and perhaps excInfo', parameters);
}

/** `exc_info` is a tuple there, here the error in a list of one. */
function boxed(excInfo: unknown): void {
  const isBoxed = excInfo === undefined || (Array.isArray(excInfo) && excInfo.length === 1);
  requires(isBoxed, 'excInfo must be [error], or absent', excInfo);
}

/** "it is a fatal error to call start_response without the exc_info argument if start_response has already been called". */
function onceWithoutExcInfo(exchange: Exchange, excInfo: ExcInfo | undefined): void {
  const isFirst = !exchange.wasStartCalled;
  exchange.wasStartCalled = true;
  requires(isFirst || excInfo !== undefined, 'pass excInfo to call start_response again');
}

/** "a status string of the form "999 Message here"", without control characters. RFC 9110 §15.2: 1xx end no request. */
function statusLine(status: unknown): void {
  requires(typeof status === 'string', 'status must be a string', status);
  requires(/^[1-9][0-9]{2} /.test(status), "status must be like '200 OK'", status);
  requires(!status.startsWith('1'), "a 1xx status is the server's to send", status);
  requires(PRINTABLE.test(status), 'status must be latin1 without control characters', status);
}

/** "It must be a Python list" of pairs. */
function headerList(code: number, headers: unknown): void {
  requires(Array.isArray(headers), 'headers must be a list', headers);
  for (const header of headers) {
    const isPair = Array.isArray(header) && header.length === 2;
    requires(isPair, 'each header must be a pair [name, value]', header);
    headerName(code, header[0]);
    headerValue(header[0], header[1]);
  }
}

/** "Each header_name must be a valid HTTP header field-name"; wsgiref.validate has what is valid. */
function headerName(code: number, name: unknown): asserts name is string {
  requires(typeof name === 'string', 'a header name must be a string', name);
  requires(/^[A-Za-z][A-Za-z0-9_-]*$/.test(name), 'a header name is letters, digits and -', name);
  requires(!/[-_]$/.test(name), "a header name must not end in '-' or '_'", name);
  requires(name.toLowerCase() !== 'status', 'the status is an argument, not a header', name);
  const isServers = isConnectionField(name.toLowerCase(), code);
  requires(!isServers, 'leave hop-by-hop headers to the server', name);
}

/** "must not include any control characters, including carriage returns or linefeeds". */
function headerValue(name: string, value: unknown): void {
  requires(typeof value === 'string', `the value of ${name} must be a string`, value);
  const isPrintable = PRINTABLE.test(value);
  requires(isPrintable, `the value of ${name} must be latin1 without control characters`, value);
}

/** wsgiref.validate: a body has a type; what never has a body has none. */
function contentType(code: number, headers: HeaderList): void {
  const [type] = valuesOf('content-type', headers);
  if (forbidsBody(code)) {
    requires(type === undefined, `a ${code} has no body: leave Content-Type out`, type);
  } else {
    requires(type !== undefined, `a ${code} must have a Content-Type`, headers);
  }
}

/** RFC 9110 §8.6: once, in digits, and not in a 204. */
function contentLength(code: number, headers: HeaderList): number | undefined {
  const values = valuesOf('content-length', headers);
  const [length] = values;
  if (length === undefined) return undefined;
  requires(values.length === 1, 'Content-Length must be there once', values);
  requires(/^[0-9]+$/.test(length), 'Content-Length must be digits', length);
  requires(code !== 204, 'a 204 has no body: leave Content-Length out', length);
  return Number(length);
}

function valuesOf(lowerCaseName: string, headers: HeaderList): string[] {
  return headers.filter(([name]) => name.toLowerCase() === lowerCaseName).map(([, value]) => value);
}

/** "Error Handling": "Applications should not trap any exceptions raised by start_response, if it called … with exc_info". */
function forward(
  startResponse: StartResponse,
  exchange: Exchange,
  parameters: Parameters<StartResponse>,
): Write {
  const isAfterHead = exchange.isHeadSent && parameters[2] !== undefined;
  let write: Write;
  try {
    write = startResponse(...parameters);
  } catch (error) {
    exchange.mustStop = parameters[2] !== undefined;
    throw error;
  }
  requires(
    !isAfterHead,
    'once the headers were sent, start_response must throw the error of excInfo',
  );
  return write;
}

/**
 * "The write() Callable". The headers go "upon the application's first invocation" of it, also where it
 * is given no byte: so an application sends them before it has a body.
 */
function checkedWrite(write: Write, exchange: Exchange): Write {
  requires(typeof write === 'function', 'start_response must return write', write);
  return (...parameters: Parameters<Write>) => {
    const [data] = parameters;
    requires(parameters.length === 1, 'write() takes bytes alone', parameters);
    requires(data instanceof Uint8Array, 'write() takes Uint8Array', data);
    requires(!exchange.isIterated, 'yield bytes: no write() while the body is iterated');
    const written = write(data);
    requires(written instanceof Promise, 'write() must return a promise', written);
    exchange.bodyBytes += data.length;
    exchange.isHeadSent = true;
    return written;
  };
}

const PRINTABLE = /^[\x20-\x7e\x80-\xff]*$/;
