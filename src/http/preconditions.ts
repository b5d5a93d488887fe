import { parseHttpDate } from './dates.ts';
import { ifMatchHolds, ifNoneMatchHolds, isStrongMatch } from './etags.ts';

/** RFC 9110 §8.8: what tells one state of a representation from another. */
export interface Validators {
  /** With its quotes, and `W/` where it is weak. */
  readonly etag?: string | undefined;
  readonly modified?: Date | undefined;
}

/** The header fields of a request, by names whose case does not count. */
interface RequestFields {
  get(name: string): string | undefined;
}

/** `not-modified` is a 304, `failed` is a 412. */
type PreconditionResult = 'proceed' | 'not-modified' | 'failed';

/**
 * RFC 9110 §13.2.2: the conditions of a request, in the order in which they count.
 *
 * @param exists whether there is a representation: where there is a validator, unless given.
 */
export function evaluatePreconditions(
  method: string,
  fields: RequestFields,
  validators: Validators,
  exists: boolean = validators.etag !== undefined || validators.modified !== undefined,
): PreconditionResult {
  if (!mayChange(fields, validators, exists)) return 'failed';
  if (isNewToClient(method, fields, validators, exists)) return 'proceed';
  return isRead(method) ? 'not-modified' : 'failed';
}

/** RFC 9110 §13.1.5 If-Range: whether a part still belongs to what the client has already. */
export function ifRangeHolds(fieldValue: string, { etag, modified }: Validators): boolean {
  if (fieldValue.endsWith('"')) return etag !== undefined && isStrongMatch(fieldValue, etag);
  const date = parseHttpDate(fieldValue);
  return date !== undefined && modified !== undefined && seconds(date) === seconds(modified);
}

/** RFC 9110 §13.1.1 If-Match; without it §13.1.4 If-Unmodified-Since. */
function mayChange(
  fields: RequestFields,
  { etag, modified }: Validators,
  exists: boolean,
): boolean {
  const ifMatch = fields.get('If-Match');
  if (ifMatch !== undefined) return ifMatchHolds(ifMatch, etag, exists);
  const since = parseHttpDate(fields.get('If-Unmodified-Since') ?? '');
  return since === undefined || modified === undefined || seconds(modified) <= seconds(since);
}

/** RFC 9110 §13.1.2 If-None-Match; without it §13.1.3 If-Modified-Since. */
function isNewToClient(
  method: string,
  fields: RequestFields,
  { etag, modified }: Validators,
  exists: boolean,
): boolean {
  const ifNoneMatch = fields.get('If-None-Match');
  if (ifNoneMatch !== undefined) return ifNoneMatchHolds(ifNoneMatch, etag, exists);
  if (!isRead(method) || modified === undefined) return true;
  const since = parseHttpDate(fields.get('If-Modified-Since') ?? '');
  return since === undefined || seconds(modified) > seconds(since);
}

function isRead(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}

/** Dates of HTTP have no fractions, those of files do. */
function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}
