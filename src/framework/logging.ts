import { destination, pino, stdTimeFunctions } from 'pino';
import type { Logger } from 'pino';
import { settings } from './settings.ts';

/** The framework's log: JSON lines on standard error. */
export const log: Logger = pino(
  {
    base: { logger: 'application', pid: process.pid },
    formatters: { level: (level) => ({ level }) },
    timestamp: stdTimeFunctions.isoTime,
  },
  destination({ fd: 2, sync: true }),
);

/** Brings the log to the settings' LOG_LEVEL. */
export function setUpLogging(): void {
  log.level = settings.LOG_LEVEL;
}
