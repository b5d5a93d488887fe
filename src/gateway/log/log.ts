import { isatty } from 'node:tty';
import { pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino';
import { AccessLog } from './access-log.ts';
import { ConfigError } from '../config.ts';
import { escapeC1, LogStream, type Owner } from './log-stream.ts';
import { prettyStream } from './pretty-log.ts';
import { reasonOf } from '../reason.ts';
import type { Settings } from '../settings/catalogue.ts';
import type { LogLevel } from '../settings/setting.ts';

export type Log = Logger;

const STDOUT = 1;
const STDERR = 2;

const PINO_LEVELS = {
  debug: 'debug',
  info: 'info',
  warning: 'warn',
  error: 'error',
  critical: 'fatal',
} as const satisfies Record<LogLevel, string>;

/**
 * The gateway's own log, on standard error: JSON lines, or text where that is a terminal.
 *
 * @throws {ConfigError} where its file cannot be opened.
 */
export function openLog(settings: Pick<Settings, 'loglevel' | 'errorlog'> & Owner): Log {
  const { loglevel, errorlog } = settings;
  const options = {
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string): object => ({ level: label }) },
    level: PINO_LEVELS[loglevel],
    base: { logger: 'gateway', pid: process.pid },
    hooks: { streamWrite: escapeC1 },
  };
  return pino(options, errorStream(errorlog, settings));
}

/**
 * Undefined where no access log is wanted.
 *
 * @param sendResponses sends those that wait: none is in the log before it has left.
 * @throws {ConfigError} where its file cannot be opened.
 */
export function openAccessLog(
  settings: Settings,
  sendResponses: () => void,
): AccessLog | undefined {
  const { accesslog, accessLogFormat } = settings;
  if (accesslog === 'none') return undefined;
  const pretty =
    accesslog === '-' && accessLogFormat === 'json' ? terminalStream(STDOUT) : undefined;
  const target = accesslog === '-' ? STDOUT : accesslog;
  const stream = pretty ?? openStream('accesslog', target, settings, sendResponses);
  return new AccessLog(accessLogFormat, stream);
}

/**
 * For the arbiter, which has no requests to log: after a rotation it makes the new file, where its
 * workers may not.
 *
 * @throws {ConfigError} where the file cannot be opened.
 */
export function holdAccessLog(settings: Pick<Settings, 'accesslog'> & Owner): void {
  const { accesslog } = settings;
  if (accesslog === held.path) return;
  const isFile = accesslog !== '-' && accesslog !== 'none';
  const stream = isFile ? openStream('accesslog', accesslog, settings) : undefined;
  held.stream?.close();
  held = { path: accesslog, stream };
}

let held: { readonly path?: string; readonly stream?: LogStream | undefined } = {};

function openStream(
  setting: 'accesslog' | 'errorlog',
  target: number | string,
  owner: Owner,
  beforeWrite?: () => void,
): LogStream {
  try {
    return new LogStream(target, owner, beforeWrite);
  } catch (cause) {
    throw new ConfigError(`${setting} cannot be opened: ${reasonOf(cause)}.`, { cause });
  }
}

function terminalStream(fd: number): DestinationStream | undefined {
  return isatty(fd) ? prettyStream(fd) : undefined;
}

function errorStream(errorlog: string, owner: Owner): DestinationStream {
  if (errorlog !== '-') return unbufferedStream(errorlog, owner);
  return terminalStream(STDERR) ?? unbufferedStream(STDERR, owner);
}

/** The gateway's log has few lines, and the last ones matter most: each goes out at once. */
function unbufferedStream(target: number | string, owner: Owner): DestinationStream {
  const stream = openStream('errorlog', target, owner);
  return {
    write(line) {
      stream.write(line);
      stream.flush();
    },
  };
}
