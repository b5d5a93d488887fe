import type { Application } from '../../packages/wsgi/src/types.ts';
import { validator } from '../../packages/wsgi/src/validator.ts';
import { CASES } from '../../packages/wsgi/test/conformance-cases.ts';
import { SCENARIOS } from '../../packages/wsgi/test/conformance-scenarios.ts';
import type { Log } from '../../packages/wsgi/test/event-log.ts';

// This runs in the other runtime.

/** The URL of the test, written in by the bundler. */
declare const TEST_URL: string;

const CONTRACT_BREAKERS = new Set(
  CASES.filter((each) => each.breaksContract === true).map(({ name }) => name),
);
const APPLICATIONS = new Map(
  [...CASES, ...SCENARIOS].map(({ name, application: make }) => [name, make]),
);

/** The application of the case or the scenario that the test is at. */
export const application: Application = async (environ, startResponse) => {
  const { number, name } = (await (await fetch(TEST_URL)).json()) as Turn;
  const make = APPLICATIONS.get(name);
  if (make === undefined) throw new Error(`no case has the name ${name}`);
  const log = new RemoteLog(`${TEST_URL}/${number}`);
  const bare = make(log);
  const chosen = CONTRACT_BREAKERS.has(name) ? bare : validator(bare);
  try {
    return await chosen(environ, startResponse);
  } catch (error) {
    // Behind a response, a runtime may end what is under way.
    await log.sent;
    throw error;
  }
};

/** Which test it is. */
export interface Turn {
  readonly number: number;
  readonly name: string;
}

/** The log of the test, in the order in which events are added here. */
class RemoteLog implements Log {
  readonly #url: string;
  /** Once what was added has come there. */
  sent: Promise<unknown> = Promise.resolve();

  constructor(url: string) {
    this.#url = url;
  }

  /** A promise, for a `close()` to wait for. */
  add(event: string): Promise<unknown> {
    this.sent = this.sent.then(() => this.#ask('add', event));
    return this.sent;
  }

  async until(event: string): Promise<void> {
    await this.#ask('until', event);
  }

  async #ask(what: 'add' | 'until', event: string): Promise<void> {
    const response = await fetch(`${this.#url}/${what}`, { method: 'POST', body: event });
    await response.text();
  }
}
