import { ModuleNameError } from '@wsgi/wsgi/names';

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

/** The configuration is wrong: exit code 1. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** The command line cannot be understood: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The application cannot be served: exit code 3 or 4. */
export class ApplicationError extends Error {
  override readonly name = 'ApplicationError';
  readonly exitCode: 3 | 4;

  constructor(exitCode: 3 | 4, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof ApplicationError) return error.exitCode;
  return error instanceof UsageError ? ExitCode.usage : ExitCode.failure;
}

/** Says what stops the command, and ends the process. */
export function endWith(error: unknown): never {
  process.stderr.write(`gateway: ${explain(error)}\n`);
  process.exit(exitCodeOf(error));
}

/** What an error says, for a message of ours; anything may be thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What a person is told: a stack only where the message leaves the place open. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof UsageError) return `${error.message}\nTry 'gateway --help'.`;
  if (error instanceof ConfigError) return error.message;
  if (error instanceof ApplicationError) return explainApplication(error);
  return error.stack ?? error.message;
}

/**
 * What stops a start where an address cannot be had. Two may bind the same one: then the second to listen
 * there fails, and that is a worker.
 */
export function cannotListen(place: string, cause: NodeJS.ErrnoException): ConfigError {
  const advice = cause.code === 'EADDRINUSE' ? ' Is another server running there?' : '';
  return new ConfigError(`Cannot listen at ${place}: ${cause.message}.${advice}`, { cause });
}

function explainApplication({ message, cause }: ApplicationError): string {
  if (!(cause instanceof Error) || cause instanceof ModuleNameError) return message;
  return `${message}\n${cause.stack}`;
}
