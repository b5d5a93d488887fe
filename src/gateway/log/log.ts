import { isatty } from 'node:tty';
import { pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino';
import { AccessLog } from './access-log.ts';
import { LogStream } from './log-stream.ts';
import { prettyStream } from './pretty-log.ts';
import type { LogLevel, Settings } from '../settings/settings.ts';

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

/** The gateway's own log, on standard error: JSON lines, or text where that is a terminal. */
export function openLog({ loglevel, errorlog }: Pick<Settings, 'loglevel' | 'errorlog'>): Log {
  const options = {
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string): object => ({ level: label }) },
    level: PINO_LEVELS[loglevel],
    base: { logger: 'gateway', pid: process.pid },
  };
  return pino(options, errorStream(errorlog));
}

/**
 * Undefined where no access log is wanted.
 *
 * @param sendResponses sends those that wait: none is in the log before it has left.
 */
export function openAccessLog(
  { accesslog, accessLogFormat }: Settings,
  sendResponses: () => void,
): AccessLog | undefined {
  if (accesslog === 'none') return undefined;
  const pretty =
    accesslog === '-' && accessLogFormat === 'json' ? terminalStream(STDOUT) : undefined;
  const target = accesslog === '-' ? STDOUT : accesslog;
  return new AccessLog(accessLogFormat, pretty ?? new LogStream(target, sendResponses));
}

function terminalStream(fd: number): DestinationStream | undefined {
  return isatty(fd) ? prettyStream(fd) : undefined;
}

function errorStream(errorlog: string): DestinationStream {
  if (errorlog !== '-') return unbufferedStream(errorlog);
  return terminalStream(STDERR) ?? unbufferedStream(STDERR);
}

/** The gateway's log has few lines, and the last ones matter most: each goes out at once. */
function unbufferedStream(target: number | string): DestinationStream {
  const stream = new LogStream(target);
  return {
    write(line) {
      stream.write(line);
      stream.flush();
    },
  };
}
