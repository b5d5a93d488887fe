import { inspect } from 'node:util';
import type { Environ } from '../wsgi/types.ts';

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
export function checkOptions({ scriptName = '' }: HandlerOptions): void {
  if (MOUNT_POINT.test(scriptName)) return;
  throw new Error(`scriptName must be '' or like '/prefix': '${scriptName}'`);
}

export function printError(error: unknown, environ: Environ): void {
  environ['wsgi.errors'].write(`${inspect(error)}\n`);
}

const MOUNT_POINT = /^(?:\/[^/]+)*$/;
