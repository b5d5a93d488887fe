import { ModuleNameError } from '../wsgi/names.ts';
import { ApplicationError } from './application.ts';
import { UsageError } from './settings/command-line.ts';
import { ConfigError } from './config.ts';

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

/** What a person is told: a stack only where the message leaves the place open. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof UsageError) return `${error.message}\nTry 'gateway --help'.`;
  if (error instanceof ConfigError) return error.message;
  if (error instanceof ApplicationError) return explainApplication(error);
  if (isAddressInUse(error)) return `${error.message}. Is another server running there?`;
  return error.stack ?? error.message;
}

/** Two may also bind one address: then the second to listen there fails, and that is a worker. */
export function isAddressInUse(error: NodeJS.ErrnoException): boolean {
  return error.code === 'EADDRINUSE';
}

function explainApplication({ message, cause }: ApplicationError): string {
  if (!(cause instanceof Error) || cause instanceof ModuleNameError) return message;
  return `${message}\n${cause.stack}`;
}
