import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Application } from '../src/types.ts';
import { validator } from '../src/validator.ts';
import { CASES, type ConformanceCase } from './conformance-cases.ts';
import { exceptionsOf } from './conformance-exceptions.ts';
import { SCENARIOS, type ConformanceScenario } from './conformance-scenarios.ts';
import { EventLog } from './event-log.ts';
import { exchange, valuesOf } from './raw-client.ts';

/** Starts a server for an application on a free port of 127.0.0.1. */
export type Serve = (application: Application, subject: Subject) => Promise<RunningServer>;
export interface RunningServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Where an application comes from, for a server that makes it anew in a process of its own. */
export interface Subject {
  /** Of the case or the scenario. */
  readonly name: string;
  readonly log: EventLog;
}

/** Where time alone can show that nothing happens. */
const NOTHING_MS = 1000;

/**
 * Declares the tests that every server of WSGI applications has to pass, but for what docs/servers.md
 * says it cannot: that has to fail.
 */
export function describeConformance(serverName: string, serve: Serve): void {
  const exceptions = exceptionsOf(serverName);
  const isException = ({ name }: { readonly name: string }): boolean => exceptions.has(name);
  const isKept = (each: { readonly name: string }): boolean => !isException(each);

  describe(`${serverName} keeps PEP 3333`, () => {
    test.for(CASES.filter(isKept))('$name', (each) => passes(each));
    test.for(CASES.filter(isException))('except: $name', (each) => fails(() => passes(each)));

    const slow = { timeout: 60_000 };
    test.for(SCENARIOS.filter(isKept))('$name', slow, (each) => plays(each));
    test.for(SCENARIOS.filter(isException))('except: $name', (each) => fails(() => plays(each)));
  });

  async function passes({ name, application, request, expected, ...more }: ConformanceCase) {
    const log = new EventLog();
    const bare = application(log);
    const isValid = more.breaksContract !== true;
    await using server = await serving(isValid ? validator(bare) : bare, { name, log });
    const response = await exchange(server.port, request);
    const { status, body, isComplete = true, headers = {}, environ = {}, events = [] } = expected;
    expect(response).toMatchObject({
      status,
      isComplete,
      ...(body === undefined ? {} : { body }),
    });
    const names = Object.keys(headers);
    const seen = Object.fromEntries(names.map((header) => [header, valuesOf(response, header)]));
    expect(seen).toEqual(matching(headers));
    expect(variablesOf(response.body, environ)).toEqual(matching(environ));
    for (const event of events) await log.until(event);
    expect(log.events).toEqual(events);
  }

  async function plays({ name, application, run }: ConformanceScenario): Promise<void> {
    const log = new EventLog();
    await using server = await serving(validator(application(log)), { name, log });
    await run(server.port, log);
  }

  async function serving(
    application: Application,
    subject: Subject,
  ): Promise<RunningServer & AsyncDisposable> {
    const server = await serve(application, subject);
    const close = (): Promise<void> => server.close();
    return { port: server.port, close, [Symbol.asyncDispose]: close };
  }
}

/** What depends on which bytes come in one turn of the loop may pass by chance on a busy machine. */
async function fails(run: () => Promise<void>): Promise<void> {
  for (let tries = 0; tries < 3; tries++) {
    const nothing = delay(NOTHING_MS).then(() => Promise.reject(new Error('nothing comes')));
    const [tried] = await Promise.allSettled([Promise.race([run(), nothing])]);
    if (tried.status === 'rejected') return;
  }
  expect.unreachable('docs/servers.md says that this fails');
}

/** Of the environ that a body shows as JSON, those that are expected. */
function variablesOf(body: string, expected: object): Record<string, unknown> {
  if (Object.keys(expected).length === 0) return {};
  const environ = JSON.parse(Buffer.from(body, 'latin1').toString()) as Record<string, unknown>;
  return Object.fromEntries(Object.keys(expected).map((key) => [key, environ[key]]));
}

/** What is expected, as `toEqual` takes it. */
function matching(expected: unknown): unknown {
  if (expected instanceof RegExp) return expect.stringMatching(expected);
  if (Array.isArray(expected)) return expected.map(matching);
  if (typeof expected !== 'object' || expected === null) return expected;
  return Object.fromEntries(Object.entries(expected).map(([key, value]) => [key, matching(value)]));
}
