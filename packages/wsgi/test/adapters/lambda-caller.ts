import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { PassThrough, type Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import {
  lambdaHandler,
  lambdaStreamHandler,
  type LambdaEvent,
  type LambdaResult,
} from '../../src/adapters/lambda-handler.ts';
import type { Application } from '../../src/types.ts';
import { FUNCTION_URL, HTTP_API } from './lambda-events.ts';

// AWS's side of a function, as far as it documents it: what a function URL and an HTTP API make of a
// request, and of what the function gives.

const QUIET = { onError: () => {} };

type EventOf = (request: IncomingMessage) => Promise<LambdaEvent>;
type Head = Pick<LambdaResult, 'statusCode' | 'headers' | 'cookies'>;

/** A function that gives its responses whole. */
export function lambdaCaller(application: Application, eventOf: EventOf): RequestListener {
  const answer = lambdaHandler(application, QUIET);
  return async (request, response) => {
    try {
      const { body, isBase64Encoded, ...head } = await answer(await eventOf(request));
      send(response, head).end(Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'));
    } catch {
      response.writeHead(502).end();
    }
  };
}

/** A function whose invoke mode is RESPONSE_STREAM. It never learns that a client went away. */
export function lambdaStreamCaller(application: Application, eventOf: EventOf): RequestListener {
  const answer = inLambda(() => lambdaStreamHandler(application, QUIET));
  return async (request, response) => {
    const stream = new PassThrough();
    // The function lives no longer than the server of the test.
    request.socket.once('close', () => stream.resume());
    try {
      await Promise.all([relay(stream, response), answer(await eventOf(request), stream)]);
    } catch {
      if (response.headersSent) response.socket?.destroySoon();
      else response.writeHead(502).end();
    }
  };
}

/** The head is JSON, then come eight zeros. */
async function relay(stream: PassThrough, response: ServerResponse): Promise<void> {
  let prelude: Buffer | undefined = Buffer.alloc(0);
  for await (const piece of stream as AsyncIterable<Buffer>) {
    let body = piece;
    if (prelude !== undefined) {
      prelude = Buffer.concat([prelude, piece]);
      const end = prelude.indexOf(ZEROS);
      if (end < 0) continue;
      send(response, JSON.parse(prelude.toString('utf8', 0, end)) as Head);
      body = prelude.subarray(end + ZEROS.length);
      prelude = undefined;
      // Unlike `flushHeaders`, in latin1.
      response.write(Buffer.alloc(0));
    }
    if (!response.write(body) && !response.destroyed) await drained(response);
  }
  response.end();
}

const ZEROS = Buffer.alloc(8);

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    response.once('drain', resolve).once('close', resolve);
  });
}

function send(response: ServerResponse, { statusCode, headers, cookies }: Head): ServerResponse {
  const lines = [...Object.entries(headers), ...cookies.map((each) => ['set-cookie', each])];
  return response.writeHead(statusCode, lines.flat().map(bytesOf));
}

/** JSON has text where HTTP has bytes. */
function bytesOf(text: string): string {
  return Buffer.from(text).toString('latin1');
}

function textOf(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString();
}

/** What a function URL sends. */
export async function functionUrlEvent(request: IncomingMessage): Promise<LambdaEvent> {
  return makeEvent(FUNCTION_URL, request, (path) => path);
}

/** What an HTTP API of API Gateway sends: it decodes the path. */
export async function httpApiEvent(request: IncomingMessage): Promise<LambdaEvent> {
  return makeEvent(HTTP_API, request, (path) =>
    path.replace(/(?:%[0-9a-f]{2})+/gi, (coded) =>
      Buffer.from(coded.replaceAll('%', ''), 'hex').toString(),
    ),
  );
}

async function makeEvent(
  sample: LambdaEvent,
  request: IncomingMessage,
  pathOf: (path: string) => string,
): Promise<LambdaEvent> {
  const { method = '', url = '', httpVersion, socket } = request;
  const target = url.replace(/^https?:\/\/[^/]*/, '');
  const [path = '', ...query] = target.split('?');
  const { cookie, 'transfer-encoding': _, ...fields } = joinedFields(request);
  const { requestContext } = sample;
  const http = {
    ...requestContext.http,
    method,
    protocol: `HTTP/${httpVersion}`,
    sourceIp: socket.remoteAddress ?? '',
  };
  const body = await buffer(request);
  return {
    ...sample,
    rawPath: path === '*' ? '/' : pathOf(path),
    rawQueryString: query.join('?'),
    headers: { ...fields, 'x-forwarded-proto': 'https', 'x-forwarded-port': '443' },
    cookies: cookie === undefined ? [] : cookie.split('; '),
    requestContext: { ...requestContext, http },
    body: body.toString('base64'),
    isBase64Encoded: true,
  };
}

/** In lower case, repeats with a comma. */
function joinedFields({ rawHeaders }: IncomingMessage): Record<string, string> {
  const fields = new Map<string, string>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    const value = textOf(rawHeaders[index + 1] ?? '');
    const earlier = fields.get(name);
    fields.set(name, earlier === undefined ? value : earlier + jointOf(name) + value);
  }
  return Object.fromEntries(fields);
}

function jointOf(name: string): string {
  return name === 'cookie' ? '; ' : ',';
}

/** What is made where Lambda's own runtime has its global: with the first piece goes the head. */
export function inLambda<Made>(make: () => Made): Made {
  Object.assign(globalThis, { awslambda: RUNTIME });
  try {
    return make();
  } finally {
    Reflect.deleteProperty(globalThis, 'awslambda');
  }
}

const RUNTIME = {
  streamifyResponse: <Handler>(handler: Handler): Handler => handler,
  HttpResponseStream: {
    from(stream: Writable, head: unknown): Writable {
      const write = stream.write.bind(stream);
      const writeFirst = (piece: unknown): boolean => {
        Object.assign(stream, { write });
        write(JSON.stringify(head));
        write(ZEROS);
        return write(piece);
      };
      return Object.assign(stream, { write: writeFirst });
    },
  },
};
