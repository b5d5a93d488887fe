import { inspect } from 'node:util';
import { ProtocolError } from '../status.ts';
import type { ServerFacts } from '../environ.ts';
import { BodyInputStream } from '../input-stream.ts';
import type { Awaitable, Bytes, Environ } from '../types.ts';

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

/** @throws where `scriptName` is not the path of a mount point. */
export function serverFacts({
  multiprocess = false,
  scriptName = '',
}: HandlerOptions): ServerFacts {
  if (!MOUNT_POINT.test(scriptName)) {
    throw new Error(`scriptName must be '' or like '/prefix': '${scriptName}'`);
  }
  return { software: `node/${process.versions.node}`, scriptName, isMultiprocess: multiprocess };
}

const MOUNT_POINT = /^(?:\/[^/]+)*$/;

/**
 * `wsgi.input` over a body that comes in pieces. Malformed chunks and a client that left are no fault
 * of the application that reads on.
 *
 * @param pull gives the next piece, `undefined` at the end.
 */
export function inputOf(pull: () => Awaitable<Bytes | undefined>): BodyInputStream {
  return new BodyInputStream(async () => {
    try {
      return await pull();
    } catch {
      throw new ProtocolError(400, 'the body of the request was cut off');
    }
  });
}

export function printError(error: unknown, environ: Environ): void {
  environ['wsgi.errors'].write(`${inspect(error)}\n`);
}
