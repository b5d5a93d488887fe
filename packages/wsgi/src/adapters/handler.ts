import type { IncomingMessage } from 'node:http';
import {
  buildEnviron,
  splitTarget,
  STANDARD_ERROR,
  type ConnectionFacts,
  type HeadFacts,
  type ServerFacts,
  type TargetParts,
} from '../environ.ts';
import { BodyInputStream } from '../input-stream.ts';
import type { ResponseSink } from '../response-sink.ts';
import { runApplication } from '../run.ts';
import { ProtocolError } from '../status.ts';
import type { Application, Awaitable, Bytes, Environ, HeaderList } from '../types.ts';

/** What the handlers of all servers take. */
export interface HandlerOptions {
  /** Other processes serve the same application (`wsgi.multiprocess`). */
  readonly multiprocess?: boolean;
  /**
   * Where the application is mounted: `''` or `/prefix`, taken off the path where it is there.
   * FORCE_SCRIPT_NAME of its settings must say the same.
   */
  readonly scriptName?: string;
  /** Gets each fault of the application; without it they go to standard error. */
  readonly onError?: (error: unknown, environ: Environ) => void;
}

/** A request as the server tells it. */
export interface IncomingRequest extends ConnectionFacts, Omit<HeadFacts, keyof TargetParts> {
  /** Gives the next piece of the body, `undefined` at the end. */
  readonly pull: () => Awaitable<Bytes | undefined>;
  /** What the server tells beside: variables that CGI has, and the `wsgi` flags where they are others. */
  readonly variables?: Partial<Environ>;
}

/** Tells, too, that the client went away. */
interface HandlerSink extends ResponseSink {
  readonly signal: AbortSignal;
}

/**
 * What answers the requests of a server.
 *
 * @throws where `scriptName` is not the path of a mount point.
 */
export function answerer(
  application: Application,
  { multiprocess = false, scriptName = '', onError = printError }: HandlerOptions,
): <Sink extends HandlerSink>(
  request: IncomingRequest,
  sinkOf: (logError: ResponseSink['logError']) => Sink,
) => { readonly sink: Sink; readonly done: Awaitable<void> } {
  if (!MOUNT_POINT.test(scriptName)) {
    throw new Error(`scriptName must be '' or like '/prefix': '${scriptName}'`);
  }
  const server: ServerFacts = {
    software: navigator.userAgent,
    scriptName,
    isMultiprocess: multiprocess,
  };
  return (request, sinkOf) => {
    const sink = sinkOf((error) => onError(error, environ));
    const head = { ...request, ...splitTarget(request.target) };
    const environ = buildEnviron(head, server, request, {
      input: inputOf(request.pull),
      errors: STANDARD_ERROR,
      signal: sink.signal,
    });
    Object.assign(environ, request.variables);
    return { sink, done: runApplication(application, environ, sink) };
  };
}

const MOUNT_POINT = /^(?:\/[^/]+)*$/;

/** Malformed chunks and a client that left are no fault of the application that reads on. */
function inputOf(pull: () => Awaitable<Bytes | undefined>): BodyInputStream {
  return new BodyInputStream(async () => {
    try {
      return await pull();
    } catch {
      throw new ProtocolError(400, 'the body of the request was cut off');
    }
  });
}

function printError(error: unknown, environ: Environ): void {
  environ['wsgi.errors'].write(`${textOf(error)}\n`);
}

/** With what caused it. Not every runtime has Node's `inspect`. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\n[cause]: ${textOf(error.cause)}`;
  return `${error.stack ?? String(error)}${cause}`;
}

/** The header fields of Node's message, as they came: it has names and values by turns. */
export function fieldLines({ rawHeaders }: IncomingMessage): HeaderList {
  const lines: HeaderList = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    lines.push([rawHeaders[index] ?? '', rawHeaders[index + 1] ?? '']);
  }
  return lines;
}
