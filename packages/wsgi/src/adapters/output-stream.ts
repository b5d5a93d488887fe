import type { Writable } from 'node:stream';

/** Resolves once the stream takes more, or never will. */
export function drained(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      stream.off('drain', settle).off('close', settle);
      resolve();
    };
    stream.on('drain', settle).on('close', settle);
  });
}

/** Aborts where the stream closes before all of the response has left. */
export function abortedWith(stream: Writable): AbortSignal {
  const controller = new AbortController();
  stream.once('close', () => {
    if (!stream.writableFinished) controller.abort();
  });
  return controller.signal;
}

/** As a sink's `whenClosed`, of one that a signal tells of it. */
export function whenAborted(signal: AbortSignal, listener: () => void): void {
  if (signal.aborted) listener();
  else signal.addEventListener('abort', listener, { once: true });
}
