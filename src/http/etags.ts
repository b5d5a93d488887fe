import { hash } from 'node:crypto';

/** The value of If-Match or If-None-Match: `*`, or entity tags with their quotes and `W/`. */
type EtagList = '*' | readonly string[];

/** A strong entity tag of the content alone, so that replicas agree on it. */
export function contentEtag(content: Uint8Array): string {
  return `"${hash('sha256', content, 'base64url').slice(0, 27)}"`;
}

/** RFC 9110 §13.1.1, `undefined` where the value is not a list of entity tags. */
export function parseEtags(fieldValue: string): EtagList | undefined {
  const text = fieldValue.trim();
  if (text === '*') return '*';
  return ETAG_LIST.test(text) ? (text.match(ENTITY_TAG) ?? undefined) : undefined;
}

/**
 * RFC 9110 §13.1.1 If-Match: whether a request that depends on it may go on.
 *
 * @param etag of the selected representation, `undefined` where it has none.
 * @param exists whether there is a representation, which is what `*` asks.
 */
export function ifMatchHolds(
  fieldValue: string,
  etag: string | undefined,
  exists: boolean = etag !== undefined,
): boolean {
  const etags = parseEtags(fieldValue);
  if (etags === '*') return exists;
  if (etags === undefined || etag === undefined) return false;
  return etags.some((other) => isStrongMatch(other, etag));
}

/** RFC 9110 §13.1.2 If-None-Match: where it does not hold, GET and HEAD get a 304, others a 412. */
export function ifNoneMatchHolds(
  fieldValue: string,
  etag: string | undefined,
  exists: boolean = etag !== undefined,
): boolean {
  const etags = parseEtags(fieldValue);
  if (etags === '*') return !exists;
  if (etags === undefined || etag === undefined) return true;
  return !etags.some((other) => isWeakMatch(other, etag));
}

/** RFC 9110 §8.8.3.2: the same bytes. */
export function isStrongMatch(one: string, other: string): boolean {
  return one === other && !one.startsWith('W/');
}

/** RFC 9110 §8.8.3.2: as good as the same. */
export function isWeakMatch(one: string, other: string): boolean {
  return opaqueTag(one) === opaqueTag(other);
}

function opaqueTag(etag: string): string {
  return etag.startsWith('W/') ? etag.slice(2) : etag;
}

// entity-tag = [ %s"W/" ] DQUOTE *etagc DQUOTE
// etagc = %x21 / %x23-7E / obs-text (RFC 9110 §8.8.3)
const ENTITY_TAG = /(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g;

// #entity-tag, with the empty elements that a recipient has to take (RFC 9110 §5.6.1.2)
const ETAG_LIST = new RegExp(
  `^(?:[\\t ]*,)*[\\t ]*${ENTITY_TAG.source}(?:[\\t ]*,(?:[\\t ]*${ENTITY_TAG.source})?)*$`,
);
