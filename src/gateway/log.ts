import { openSync } from 'node:fs';
import { pino, stdTimeFunctions, type Logger } from 'pino';
import { LogStream } from './log-stream.ts';
import type { LogLevel, Settings } from './settings.ts';

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

/** The gateway's own log: JSON lines on standard error. */
export function openLog(level: LogLevel): Log {
  const stream = new LogStream(STDERR);
  return pino(
    { ...COMMON, level: PINO_LEVELS[level], base: { logger: 'gateway', pid: process.pid } },
    {
      // The log has few lines, and the last ones matter most: each goes out at once.
      write(line) {
        stream.write(line);
        stream.flush();
      },
    },
  );
}

/** The access log: one JSON line a request; undefined where none is wanted. */
export function openAccessLog({ accesslog }: Settings): Log | undefined {
  if (accesslog === 'none') return undefined;
  const stream = new LogStream(accesslog === '-' ? STDOUT : openSync(accesslog, 'a'));
  return pino({ ...COMMON, base: { logger: 'access', pid: process.pid } }, stream);
}

const COMMON = {
  timestamp: stdTimeFunctions.isoTime,
  formatters: { level: (label: string): object => ({ level: label }) },
};
