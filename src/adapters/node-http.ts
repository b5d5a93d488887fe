import type { IncomingMessage, ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { runApplication } from '../wsgi/run.ts';
import type { Application, Environ } from '../wsgi/types.ts';
import { buildEnviron } from './node-http/environ.ts';
import { NodeResponseSink } from './node-http/response-sink.ts';

export interface NodeHandlerOptions {
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

/**
 * An application as a listener for `node:http`: `createServer(nodeHandler(application))`.
 *
 * @throws where `scriptName` is not the path of a mount point.
 */
export function nodeHandler(
  application: Application,
  { multiprocess = false, scriptName = '', onError = printError }: NodeHandlerOptions = {},
): (request: IncomingMessage, response: ServerResponse) => void {
  if (!MOUNT_POINT.test(scriptName)) {
    throw new Error(`scriptName must be '' or like '/prefix': '${scriptName}'`);
  }
  return (request, response) => {
    const environ = buildEnviron(request, {
      multiprocess,
      scriptName,
      signal: abortedWith(response),
    });
    const sink = new NodeResponseSink(request, response, (error) => onError(error, environ));
    void runApplication(application, environ, sink);
  };
}

/** Aborts when the connection ends before the response does. */
function abortedWith(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}

function printError(error: unknown, environ: Environ): void {
  environ['wsgi.errors'].write(`${inspect(error)}\n`);
}

const MOUNT_POINT = /^(?:\/[^/]+)*$/;
