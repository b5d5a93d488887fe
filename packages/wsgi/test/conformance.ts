import { describe, expect, test } from 'vitest';
import type { Application } from '../src/types.ts';
import { validator } from '../src/validator.ts';
import { CASES, type ConformanceCase } from './conformance-cases.ts';
import { SCENARIOS } from './conformance-scenarios.ts';
import { EventLog } from './event-log.ts';
import { exchange, valuesOf } from './raw-client.ts';

/** Starts a server for an application on a free port of 127.0.0.1. */
export type Serve = (application: Application) => Promise<RunningServer>;
export interface RunningServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Declares the tests that every server of WSGI applications has to pass.
 *
 * @param lost for the name of each case that such a server cannot pass, the reason.
 */
export function describeConformance(
  serverName: string,
  serve: Serve,
  lost: Readonly<Record<string, string>> = {},
): void {
  const isLost = ({ name }: { readonly name: string }): boolean => name in lost;
  const kept = CASES.filter((each) => !isLost(each));

  describe(`${serverName} keeps PEP 3333`, () => {
    test.for(kept)('$name', (each) => passes(each));

    // What depends on which bytes come in one turn of the loop may pass by chance on a busy machine.
    test.for(CASES.filter(isLost))('except: $name', async (each) => {
      const tries = await Promise.allSettled([passes(each), passes(each), passes(each)]);
      expect(tries.map(({ status }) => status)).toContain('rejected');
    });

    test.for(SCENARIOS)('$name', { timeout: 60_000 }, async ({ application, run }) => {
      const log = new EventLog();
      await using server = disposable(await serve(validator(application(log))));
      await expect(run(server.port, log)).resolves.toBeUndefined();
    });
  });

  async function passes(each: ConformanceCase): Promise<void> {
    const { application, request, expected, breaksContract } = each;
    const log = new EventLog();
    const bare = application(log);
    await using server = disposable(await serve(breaksContract ? bare : validator(bare)));
    const response = await exchange(server.port, request);
    const { status, body, isComplete = true, headers = {}, events = [], check } = expected;
    expect(response).toMatchObject({
      status,
      isComplete,
      ...(body === undefined ? {} : { body }),
    });
    const names = Object.keys(headers);
    const seen = Object.fromEntries(names.map((name) => [name, valuesOf(response, name)]));
    expect(seen).toEqual(headers);
    for (const event of events) await log.until(event);
    expect(log.events).toEqual(events);
    check?.(response);
  }
}

function disposable(server: RunningServer): RunningServer & AsyncDisposable {
  return {
    port: server.port,
    close: () => server.close(),
    [Symbol.asyncDispose]: () => server.close(),
  };
}
