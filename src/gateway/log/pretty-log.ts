import { createRequire } from 'node:module';
import type { DestinationStream } from 'pino';
import type { PrettyOptions } from 'pino-pretty';

/**
 * Log lines for a person at a terminal. pino-pretty is a development dependency: undefined where it
 * is not installed, as in the production image.
 */
export function prettyStream(fd: number): DestinationStream | undefined {
  const require = createRequire(import.meta.url);
  try {
    const pretty = require('pino-pretty') as (options: PrettyOptions) => DestinationStream;
    return pretty({
      destination: fd,
      sync: true,
      colorize: true,
      translateTime: 'SYS:HH:MM:ss',
      ignore: `pid,logger,${ACCESS_FIELDS.join(',')}`,
      messageFormat: (line, key) =>
        line['logger'] === 'access' ? accessText(line) : (line[key] as string),
    });
  } catch {
    return undefined;
  }
}

const ACCESS_FIELDS = [
  'request_id',
  'remote_addr',
  'method',
  'target',
  'protocol',
  'host',
  'status',
  'bytes',
  'duration_ms',
  'referer',
  'user_agent',
  'reason',
];

function accessText(line: Record<string, unknown>): string {
  const what = line['reason'] ?? `${line['method'] as string} ${line['target'] as string}`;
  const time = line['duration_ms'] === undefined ? '' : ` ${line['duration_ms'] as number} ms`;
  return `${line['status'] as number} ${what as string}${time}`;
}
