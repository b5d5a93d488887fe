import { hash } from 'node:crypto';
import { parseHttpDate } from './dates.ts';

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

interface State extends Validators {
  readonly exists: boolean;
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
  const isRead = method === 'GET' || method === 'HEAD';
  const state = { etag: validators.etag, modified: validators.modified, exists };
  if (!mayChange(fields, state)) return 'failed';
  if (isNewToClient(isRead, fields, state)) return 'proceed';
  return isRead ? 'not-modified' : 'failed';
}

/** RFC 9110 §13.1.5 If-Range: whether a part still belongs to what the client has already. */
export function ifRangeHolds(fieldValue: string, { etag, modified }: Validators): boolean {
  if (fieldValue.endsWith('"')) return etag !== undefined && isStrongMatch(fieldValue, etag);
  const date = parseHttpDate(fieldValue);
  return date !== undefined && modified !== undefined && seconds(date) === seconds(modified);
}

/** RFC 9110 §13.1.1 If-Match; without it §13.1.4 If-Unmodified-Since. */
function mayChange(fields: RequestFields, state: State): boolean {
  const { modified } = state;
  const ifMatch = fields.get('If-Match');
  if (ifMatch !== undefined) return isListed(ifMatch, state, isStrongMatch);
  const since = parseHttpDate(fields.get('If-Unmodified-Since') ?? '');
  return since === undefined || modified === undefined || seconds(modified) <= seconds(since);
}

/** RFC 9110 §13.1.2 If-None-Match; without it §13.1.3 If-Modified-Since. */
function isNewToClient(isRead: boolean, fields: RequestFields, state: State): boolean {
  const { modified } = state;
  const ifNoneMatch = fields.get('If-None-Match');
  if (ifNoneMatch !== undefined) return !isListed(ifNoneMatch, state, isWeakMatch);
  if (!isRead || modified === undefined) return true;
  const since = parseHttpDate(fields.get('If-Modified-Since') ?? '');
  return since === undefined || seconds(modified) > seconds(since);
}

/** Dates of HTTP have no fractions, those of files do. */
function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}

/** A strong entity tag of the content alone, so that replicas agree on it. */
export function contentEtag(content: Uint8Array): string {
  return `"${hash('sha256', content, 'base64url').slice(0, 27)}"`;
}

/**
 * RFC 9110 §13.1.1: the value of If-Match or If-None-Match, `*` or entity tags with their quotes and
 * `W/`; `undefined` where it is neither.
 */
export function parseEtags(fieldValue: string): '*' | readonly string[] | undefined {
  const text = fieldValue.trim();
  if (text === '*') return '*';
  return ETAG_LIST.test(text) ? (text.match(ENTITY_TAG) ?? undefined) : undefined;
}

/** Whether the list has the entity tag; `*` asks only whether there is a representation. */
function isListed(fieldValue: string, state: State, isMatch: typeof isWeakMatch): boolean {
  const { etag, exists } = state;
  const etags = parseEtags(fieldValue);
  if (etags === '*') return exists;
  return etag !== undefined && etags?.some((other) => isMatch(other, etag)) === true;
}

/** RFC 9110 §8.8.3.2: the same bytes. */
function isStrongMatch(one: string, other: string): boolean {
  return one === other && !one.startsWith('W/');
}

/** RFC 9110 §8.8.3.2: as good as the same. */
function isWeakMatch(one: string, other: string): boolean {
  return one.replace(/^W\//, '') === other.replace(/^W\//, '');
}

// entity-tag = [ %s"W/" ] DQUOTE *etagc DQUOTE
// etagc = %x21 / %x23-7E / obs-text (RFC 9110 §8.8.3)
const ENTITY_TAG = /(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g;

// #entity-tag, with the empty elements that a recipient has to take (RFC 9110 §5.6.1.2)
const ETAG_LIST = new RegExp(
  `^(?:[\\t ]*,)*[\\t ]*${ENTITY_TAG.source}(?:[\\t ]*,(?:[\\t ]*${ENTITY_TAG.source})?)*$`,
);
