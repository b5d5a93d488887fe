import type { ErrorStream } from '../../wsgi/types.ts';
import type { Log } from '../log/log.ts';

/** `wsgi.errors`: what the application writes there becomes lines of the gateway's log. */
export class LogErrorStream implements ErrorStream {
  readonly #log: Log;
  readonly #request: { readonly requestId: string };

  constructor(log: Log, request: { readonly requestId: string }) {
    this.#log = log;
    this.#request = request;
  }

  write(text: string): void {
    this.#log.error({ request_id: this.#request.requestId }, text.trimEnd());
  }

  writelines(lines: Iterable<string>): void {
    for (const line of lines) this.write(line);
  }

  flush(): void {
    // Every line has gone out already.
  }
}
