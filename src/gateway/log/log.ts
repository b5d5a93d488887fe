import { isatty } from 'node:tty';
import { pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino';
import { escapeC1 } from '../../wsgi/log-line.ts';
import { ConfigError } from '../config.ts';
import { LogStream, type Owner } from './log-stream.ts';
import { prettyStream } from './pretty-log.ts';
import { reasonOf } from '../reason.ts';
import type { Settings } from '../settings/catalogue.ts';
import type { LogLevel } from '../settings/setting.ts';

export type Log = Logger;

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

function openStream(target: number | string, owner: Owner): LogStream {
  try {
    return new LogStream(target, owner);
  } catch (cause) {
    throw new ConfigError(`errorlog cannot be opened: ${reasonOf(cause)}.`, { cause });
  }
}

/** Text for a person, where a descriptor is a terminal. */
export function terminalStream(fd: number): DestinationStream | undefined {
  return isatty(fd) ? prettyStream(fd) : undefined;
}

function errorStream(errorlog: string, owner: Owner): DestinationStream {
  if (errorlog !== '-') return unbufferedStream(errorlog, owner);
  return terminalStream(STDERR) ?? unbufferedStream(STDERR, owner);
}

/** The gateway's log has few lines, and the last ones matter most: each goes out at once. */
function unbufferedStream(target: number | string, owner: Owner): DestinationStream {
  const stream = openStream(target, owner);
  return {
    write(line) {
      stream.write(line);
      stream.flush();
    },
  };
}
