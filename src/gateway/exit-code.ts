import { ApplicationError } from './application.ts';
import { UsageError } from './command-line.ts';

/** Gunicorn's exit codes. */
export const ExitCode = {
  ok: 0,
  /** The configuration is wrong, or an address cannot be bound. */
  failure: 1,
  usage: 2,
  /** The application cannot be loaded. */
  application: 3,
  /** The module has no such attribute. */
  attribute: 4,
} as const;

export function exitCodeOf(error: unknown): number {
  if (error instanceof ApplicationError) return error.exitCode;
  return error instanceof UsageError ? ExitCode.usage : ExitCode.failure;
}
