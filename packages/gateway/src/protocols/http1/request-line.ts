import { TOKEN } from '@wsgi/wsgi/headers';
import { ProtocolError } from '@wsgi/wsgi/status';
import type { RequestLine } from '../protocol.ts';
import { octetClass, skip } from './fields.ts';

export interface HttpRequestLine extends RequestLine {
  /** The target can stand in quotes as it is: it has no quote and no backslash. */
  readonly isTargetPlain: boolean;
  /** The target's path, still percent-encoded; `''` where the target is `*`, the server as a whole. */
  readonly path: string;
  /** What follows `?` in the target. */
  readonly query: string;
  /** The authority of a target in absolute-form. */
  readonly authority: string | undefined;
  readonly protocol: 'HTTP/1.0' | 'HTTP/1.1';
}

const METHOD_OCTETS = octetClass(TOKEN);
// VCHAR (RFC 5234 §B.1) without "#": a fragment never travels.
const TARGET_OCTETS = octetClass(/[\x21\x22\x24-\x7e]/);
const PLAIN_TARGET_OCTETS = octetClass(/[\x21\x24-\x5b\x5d-\x7e]/);
const SPACE = 0x20;

// absolute-form = absolute-URI (RFC 9112 §3.2.2), of the schemes that this server speaks
const ABSOLUTE_FORM = /^https?:\/\/([^/?@]+)(\/[^?]*)?(?:\?(.*))?$/i;

/**
 * Reads the line between two offsets: request-line = method SP request-target SP HTTP-version
 * (RFC 9112 §3). It comes twice: as bytes to look at, and as latin1 to cut from.
 *
 * @throws {ProtocolError} 400, or 501 for CONNECT: this is no proxy.
 */
export function readRequestLine(
  bytes: Uint8Array,
  text: string,
  start: number,
  end: number,
): HttpRequestLine {
  const methodEnd = skip(bytes, start, end, METHOD_OCTETS);
  const targetStart = methodEnd + 1;
  const plainEnd = skip(bytes, targetStart, end, PLAIN_TARGET_OCTETS);
  const targetEnd = skip(bytes, plainEnd, end, TARGET_OCTETS);
  const protocol = text.slice(targetEnd + 1, end);
  const isWhole =
    methodEnd > start &&
    bytes[methodEnd] === SPACE &&
    targetEnd > targetStart &&
    bytes[targetEnd] === SPACE;
  if (!isWhole || !isProtocol(protocol)) {
    throw new ProtocolError(400, explain(text.slice(start, end)));
  }
  const method = text.slice(start, methodEnd);
  if (method === 'CONNECT') throw new ProtocolError(501, 'CONNECT is not implemented');
  const target = text.slice(targetStart, targetEnd);
  const isTargetPlain = plainEnd === targetEnd;
  return { ...partsOf(target, method), method, target, isTargetPlain, protocol };
}

function isProtocol(text: string): text is HttpRequestLine['protocol'] {
  return text === 'HTTP/1.1' || text === 'HTTP/1.0';
}

type TargetParts = Pick<HttpRequestLine, 'path' | 'query' | 'authority'>;

/** RFC 9112 §3.2: nearly always origin-form. */
function partsOf(target: string, method: string): TargetParts {
  if (!target.startsWith('/')) return otherForm(target, method);
  const mark = target.indexOf('?');
  const path = mark === -1 ? target : target.slice(0, mark);
  const query = mark === -1 ? '' : target.slice(mark + 1);
  return { path, query, authority: undefined };
}

/** RFC 9112 §3.2.2 and §3.2.4: absolute-form, and `*` for OPTIONS alone. */
function otherForm(target: string, method: string): TargetParts {
  if (target === '*' && method === 'OPTIONS') return { path: '', query: '', authority: undefined };
  const match = ABSOLUTE_FORM.exec(target);
  if (match === null) throw new ProtocolError(400, 'malformed request target');
  const [, authority = '', path = '/', query = ''] = match;
  return { path, query, authority };
}

function explain(line: string): string {
  const [method = '', , version, ...rest] = line.split(' ');
  if (!TOKEN.test(method)) return 'malformed method';
  if (version === undefined || rest.length > 0) return 'malformed request line';
  if (!/^HTTP\/1\.[01]$/.test(version)) return 'unsupported HTTP version';
  return 'malformed request target';
}
