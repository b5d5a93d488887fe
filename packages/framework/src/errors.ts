import { inspect } from 'node:util';
import { closestMatch } from 'leven';

/** What was thrown, which may be anything, as an error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(`${inspect(thrown)} was thrown`);
}

/** Which of the names was probably meant by one that is not among them. */
export function nearestName(
  name: string,
  names: Iterable<string>,
  mostEdits: number = Math.max(2, name.length / 3),
): string | undefined {
  return closestMatch(name, [...names], { maxDistance: mostEdits });
}

/** A setting or an environment variable is missing or wrong. The message says which, and what is expected. */
export class ImproperlyConfigured extends Error {
  override name = 'ImproperlyConfigured';
  /** One by one, where there are several. */
  readonly problems: readonly string[];

  constructor(problems: string | readonly string[], options?: ErrorOptions) {
    const all = [problems].flat();
    super(all.join('\n'), options);
    this.problems = all;
  }
}

/** A mistake of the person at the keyboard: the message is shown, without a stack. */
export class CommandError extends Error {
  override name = 'CommandError';
}

export interface HttpErrorOptions extends ErrorOptions {
  /** What to do, for the log and for developers: clients are not told of it. */
  readonly hint?: string;
  /** What the response has besides, as `{ 'Retry-After': '30' }`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** An error that a client is told of: it becomes a response with this status. */
export class HttpError extends Error {
  readonly status: number;
  readonly hint: string | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, options: HttpErrorOptions = {}) {
    super(message, options);
    this.name = new.target.name;
    this.status = status;
    this.hint = options.hint;
    this.headers = options.headers ?? {};
  }
}

/** The request cannot be understood: 400. */
export class BadRequest extends HttpError {
  constructor(message = 'The request cannot be understood.', options?: HttpErrorOptions) {
    super(400, message, options);
  }
}

/** The client may not do this: 403. */
export class PermissionDenied extends HttpError {
  constructor(message = 'Permission denied.', options?: ErrorOptions) {
    super(403, message, options);
  }
}

/** There is nothing here: 404. */
export class NotFound extends HttpError {
  constructor(message = 'Nothing is here.', options?: ErrorOptions) {
    super(404, message, options);
  }
}

/** A URL pattern as an error names it. */
interface TriedPattern {
  readonly pattern: { readonly source: string };
  readonly name: string | undefined;
}

/** No URL pattern leads anywhere: 404, with those that were tried. */
export class NoPatternMatches extends NotFound {
  readonly tried: readonly TriedPattern[];

  constructor(path: string, tried: readonly TriedPattern[]) {
    super(`No URL pattern matches '${path}'.`);
    this.tried = tried;
  }
}

/** The view does not answer this method: 405, with the methods that it answers (RFC 9110 §15.5.6). */
export class MethodNotAllowed extends HttpError {
  readonly allowed: readonly string[];

  constructor(method: string, allowed: readonly string[]) {
    super(405, `${method} is not allowed here.`, { headers: { Allow: allowed.join(', ') } });
    this.allowed = allowed;
  }
}

/** The body is larger than DATA_UPLOAD_MAX_MEMORY_SIZE: 413. */
export class PayloadTooLarge extends HttpError {
  constructor(message: string) {
    super(413, message);
  }
}

/** The body is of a type that the view cannot read: 415. */
export class UnsupportedMediaType extends HttpError {
  constructor(message: string) {
    super(415, message);
  }
}

/** There is no room on the disk for what a client sent: 503, with when to try again. */
export class DiskFull extends HttpError {
  /** @param place where there is none, for the log. */
  constructor(place: string | undefined, cause: unknown) {
    const message = 'There is no room for this right now. Please try again in a moment.';
    const hint = `There is no room ${place === undefined ? 'on the disk' : `in ${place}`}.`;
    super(503, message, { cause, hint, headers: { 'Retry-After': '5' } });
  }
}

/** Whether what was thrown says that a disk, or what its user may have of it, is full. */
export function isDiskFull(error: unknown): error is NodeJS.ErrnoException {
  const code = error instanceof Error && 'code' in error && error.code;
  return code === 'ENOSPC' || code === 'EDQUOT';
}

/** Awaits what writes into a folder. @throws {DiskFull} where that has no room. */
export async function writeInto<T>(folder: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    throw isDiskFull(error) ? new DiskFull(folder, error) : error;
  }
}

/** One thing that is wrong with what a client sent, and where in it. */
export interface ContentProblem {
  readonly detail: string;
  /** The keys that lead there; none for the whole. */
  readonly path: readonly string[];
}

/** The body can be read, and is not what the view takes: 422 (RFC 9110 §15.5.21), with what is wrong in it. */
export class UnprocessableContent extends HttpError {
  readonly problems: readonly ContentProblem[];

  constructor(problems: readonly ContentProblem[]) {
    super(422, problems.map(problemText).join('; '));
    this.problems = problems;
  }
}

function problemText({ detail, path }: ContentProblem): string {
  return path.length === 0 ? detail : `${path.join('.')}: ${detail}`;
}
