import { openSync } from 'node:fs';
import { isatty } from 'node:tty';
import { pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino';
import { LogStream } from './log-stream.ts';
import { prettyStream } from './pretty-log.ts';
import type { LogLevel, Settings } from '../settings/catalogue.ts';

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
export function openLog(level: LogLevel): Log {
  const options = {
    ...COMMON,
    level: PINO_LEVELS[level],
    base: { logger: 'gateway', pid: process.pid },
  };
  return pino(options, terminalStream(STDERR) ?? unbufferedStream(STDERR));
}

/** The access log: one line a request; undefined where none is wanted. */
export function openAccessLog({ accesslog }: Settings): Log | undefined {
  if (accesslog === 'none') return undefined;
  const options = { ...COMMON, base: { logger: 'access', pid: process.pid } };
  if (accesslog !== '-') return pino(options, new LogStream(openSync(accesslog, 'a')));
  return pino(options, terminalStream(STDOUT) ?? new LogStream(STDOUT));
}

const COMMON = {
  timestamp: stdTimeFunctions.isoTime,
  formatters: { level: (label: string): object => ({ level: label }) },
};

function terminalStream(fd: number): DestinationStream | undefined {
  return isatty(fd) ? prettyStream(fd) : undefined;
}

/** The gateway's log has few lines, and the last ones matter most: each goes out at once. */
function unbufferedStream(fd: number): DestinationStream {
  const stream = new LogStream(fd);
  return {
    write(line) {
      stream.write(line);
      stream.flush();
    },
  };
}
