import { createRequire } from 'node:module';
import { isatty } from 'node:tty';
import { multistream, pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino';
import type { PrettyOptions } from 'pino-pretty';
import { escapeC1 } from '@wsgi/wsgi/log-line';
import { unbufferedStream } from '@wsgi/wsgi/log-stream';
import type { Settings } from '../settings/catalogue.ts';
import type { LogLevel } from '../settings/values.ts';

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
 * @param kept gets its warnings and errors, too.
 */
export function openLog({ loglevel }: Pick<Settings, 'loglevel'>, kept?: KeptLines): Log {
  const options = {
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string): object => ({ level: label }) },
    level: PINO_LEVELS[loglevel],
    base: { logger: 'gateway', pid: process.pid },
    hooks: { streamWrite: escapeC1 },
  };
  const stream = terminalStream(STDERR) ?? unbufferedStream(STDERR);
  if (kept === undefined) return pino(options, stream);
  const all = { stream, level: PINO_LEVELS.debug };
  return pino(options, multistream([all, { stream: kept, level: PINO_LEVELS.warning }]));
}

const KEPT_BYTES_MAX = 1_048_576;

/** The last lines that were written, in memory: where the log goes, those of requests push them out. */
export class KeptLines {
  readonly lines: string[] = [];
  #bytes = 0;

  write(line: string): void {
    this.lines.push(line);
    this.#bytes += line.length;
    while (this.#bytes > KEPT_BYTES_MAX) this.#bytes -= this.lines.shift()?.length ?? 0;
  }
}

/**
 * Log lines for a person, where the descriptor is a terminal. pino-pretty is a development dependency:
 * undefined where it is not installed, as in the production image.
 */
export function terminalStream(fd: number): DestinationStream | undefined {
  if (!isatty(fd)) return undefined;
  const require = createRequire(import.meta.url);
  try {
    const pretty = require('pino-pretty') as (options: PrettyOptions) => DestinationStream;
    return pretty({
      destination: fd,
      sync: true,
      colorize: true,
      translateTime: 'SYS:HH:MM:ss',
      ignore: fd === STDERR ? 'pid,logger,worker' : `pid,logger,worker,${ACCESS_FIELDS}`,
      messageFormat: (line, key) =>
        line['logger'] === 'access' ? accessText(line) : (line[key] as string),
    });
  } catch {
    return undefined;
  }
}

/** Those of the text are in it, and the others are left to the JSON lines. */
const ACCESS_FIELDS =
  'worker,request_id,remote_addr,method,target,protocol,host,status,bytes,duration_seconds,' +
  'referer,user_agent,reason';

function accessText(line: Record<string, unknown>): string {
  const what = line['reason'] ?? `${line['method'] as string} ${line['target'] as string}`;
  const text = `${line['status'] as number} ${what as string}`;
  if (line['duration_seconds'] === undefined) return text;
  const ms = Math.round((line['duration_seconds'] as number) * 1_000_000) / 1000;
  return `${text} ${ms} ms ${line['request_id'] as string}`;
}
