import { AsyncLocalStorage } from 'node:async_hooks';
import { createRequire } from 'node:module';
import { isatty } from 'node:tty';
import { inspect } from 'node:util';
import {
  pino,
  stdTimeFunctions,
  type Bindings,
  type ChildLoggerOptions,
  type DestinationStream,
  type Logger,
  type LoggerOptions,
} from 'pino';
import type { PrettyOptions } from 'pino-pretty';
import type { Body } from '@wsgi/wsgi';
import { escapeC1 } from '@wsgi/wsgi/log-line';
import { unbufferedStream } from '@wsgi/wsgi/log-stream';
import { ImproperlyConfigured } from './errors.ts';
import { MASK, maskFields, maskLine } from './secrets.ts';
import { onSettingChange, settings } from './settings.ts';

/** What is logged of a request: enough to find its other lines. */
interface LoggedRequest {
  readonly id: string;
  readonly traceParent?: { readonly traceId: string } | undefined;
}

/**
 * The application's log, as LOGGING configures it: JSON lines on standard error until then. Each line
 * that is written during a request carries its id, where the requestId middleware is in use. The
 * object stays the same, so that a module may keep a child of it: `log.child({ module: 'orders' })`.
 */
export const log: Logger = pino(commonOptions(), unbufferedStream(2));

/** Brings the log to the settings' LOGGING, and to each override of it. */
export function setUpLogging(): void {
  configureLog();
  onSettingChange(followLogging);
}

/** Calls `answer` so that all it logs, now and later, carries the request's id. */
export function logWithRequest<Request extends LoggedRequest, Response>(
  request: Request,
  answer: (request: Request) => Response,
): Response {
  return requests.run(request, answer, request);
}

/** Does the same for a stream, whose pieces are made after the view has returned. */
export function logBodyWithRequest(request: LoggedRequest, body: Body): Body {
  if (!(Symbol.asyncIterator in body)) return body;
  const iterator = logWithRequest(request, () => body[Symbol.asyncIterator]());
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => logWithRequest(request, () => iterator.next()),
      return: async () =>
        logWithRequest(request, () => iterator.return?.()) ?? { done: true, value: undefined },
    }),
    close: () => body.close?.(),
  };
}

const requests = new AsyncLocalStorage<LoggedRequest>();

/** The fields of child loggers, which pino itself would write once and for all, and unmasked. */
const fieldsOf = new WeakMap<Logger, Bindings>();
// oxlint-disable-next-line typescript/unbound-method -- it is applied to the parent
const { child: makeChild } = log;

const withFields = {
  child(this: Logger, fields: Bindings, options?: ChildLoggerOptions): Logger {
    const logger = Reflect.apply(makeChild, this, [{}, options]) as Logger;
    fieldsOf.set(logger, { ...fieldsOf.get(this), ...maskFields(fields) });
    // One that is also the parent's just now is the child's own all the same.
    if (options?.level !== undefined) logger.level = options.level;
    return logger;
  },
  bindings(this: Logger): Bindings {
    return { ...fieldsOf.get(this) };
  },
  setBindings(this: Logger, fields: Bindings): void {
    fieldsOf.set(this, { ...fieldsOf.get(this), ...maskFields(fields) });
  },
};
Object.assign(log, withFields);

function followLogging(name: string): void {
  if (name === 'LOGGING') configureLog();
}

/** A child of pino's has its parent as its prototype: it finds what is changed here. */
function configureLog(): void {
  const { level = 'info', redact = [] } = settings.LOGGING;
  requirePaths(redact);
  const options = { ...commonOptions(), level, redact: { paths: [...redact], censor: MASK } };
  Object.assign(log, pino(options, openDestination()));
}

/** @throws {ImproperlyConfigured} where pino cannot read one, whose own words name no setting. */
function requirePaths(redact: readonly string[]): void {
  try {
    pino({ redact: [...redact], enabled: false });
  } catch (cause) {
    throw new ImproperlyConfigured(
      `LOGGING has redact ${inspect(redact)}: expected paths such as 'user.email' or '*.iban'.`,
      { cause },
    );
  }
}

function commonOptions(): LoggerOptions {
  return {
    base: { logger: 'application', pid: process.pid },
    formatters: { level: (level) => ({ level }) },
    // An error is made plain with the other fields.
    serializers: { err: (error: unknown) => error },
    timestamp: stdTimeFunctions.isoTime,
    hooks: { streamWrite: (line) => escapeC1(maskLine(line)) },
    mixin(_fields, _level, logger) {
      const request = requests.getStore();
      return { ...(request && idsOf(request)), ...fieldsOf.get(logger) };
    },
    mixinMergeStrategy: (fields, mixed) => maskFields({ ...mixed, ...fields }),
  };
}

/** A trace that nginx began has the id of its request. */
function idsOf({ id, traceParent }: LoggedRequest): Bindings {
  const hasOwnTrace = traceParent !== undefined && traceParent.traceId !== id;
  return { request_id: id, ...(hasOwnTrace && { trace_id: traceParent.traceId }) };
}

const DESCRIPTORS = { stdout: 1, stderr: 2 } as const;

/** What cannot be written changes no answer: it is dropped, and counted. */
function openDestination(): DestinationStream {
  const { destination: name = 'stderr', pretty = 'auto' } = settings.LOGGING;
  const fd = DESCRIPTORS[name];
  const isPretty = pretty === 'auto' ? isatty(fd) : pretty;
  return (isPretty && prettyStream(fd)) || unbufferedStream(fd);
}

/** pino-pretty is a development dependency: undefined where it is not installed, as in production. */
function prettyStream(fd: number): DestinationStream | undefined {
  const require = createRequire(import.meta.url);
  try {
    const pretty = require('pino-pretty') as (options: PrettyOptions) => DestinationStream;
    return pretty({
      destination: fd,
      sync: true,
      colorize: isatty(fd),
      translateTime: 'SYS:HH:MM:ss',
      ignore: 'pid,logger',
    });
  } catch {
    return undefined;
  }
}
