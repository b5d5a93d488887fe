import { TOKEN } from '../../../http/grammar.ts';
import { ProtocolError } from '../../../http/protocol-error.ts';

export interface RequestLine {
  readonly method: string;
  /** The request target as it came. */
  readonly target: string;
  /** The target's path, still percent-encoded; `''` where the target is `*`, the server as a whole. */
  readonly path: string;
  /** What follows `?` in the target. */
  readonly query: string;
  /** The authority of a target in absolute-form. */
  readonly authority: string | undefined;
  readonly protocol: 'HTTP/1.0' | 'HTTP/1.1';
}

// request-line = method SP request-target SP HTTP-version (RFC 9112 §3), the target in VCHAR
// without "#": a fragment never travels.
const REQUEST_LINE = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+ [\x21\x22\x24-\x7e]+ HTTP\/1\.[01]$/;
const VERSION_LENGTH = 'HTTP/1.1'.length;

// absolute-form = absolute-URI (RFC 9112 §3.2.2), of the schemes that this server speaks
const ABSOLUTE_FORM = /^https?:\/\/([^/?@]+)(\/[^?]*)?(?:\?(.*))?$/i;

/** @throws {ProtocolError} 400, or 501 for CONNECT: this is no proxy. */
export function parseRequestLine(line: string): RequestLine {
  if (!REQUEST_LINE.test(line)) throw new ProtocolError(400, explain(line));
  const versionStart = line.length - VERSION_LENGTH;
  const methodEnd = line.indexOf(' ');
  const method = line.slice(0, methodEnd);
  const target = line.slice(methodEnd + 1, versionStart - 1);
  const protocol = line.endsWith('1') ? 'HTTP/1.1' : 'HTTP/1.0';
  if (method === 'CONNECT') throw new ProtocolError(501, 'CONNECT is not implemented');
  return target.startsWith('/')
    ? originForm(method, target, protocol)
    : otherForm(method, target, protocol);
}

function originForm(
  method: string,
  target: string,
  protocol: RequestLine['protocol'],
): RequestLine {
  const mark = target.indexOf('?');
  const path = mark === -1 ? target : target.slice(0, mark);
  const query = mark === -1 ? '' : target.slice(mark + 1);
  return { method, target, path, query, authority: undefined, protocol };
}

/** RFC 9112 §3.2.2 and §3.2.4: absolute-form, and `*` for OPTIONS alone. */
function otherForm(method: string, target: string, protocol: RequestLine['protocol']): RequestLine {
  if (target === '*' && method === 'OPTIONS') {
    return { method, target, path: '', query: '', authority: undefined, protocol };
  }
  const match = ABSOLUTE_FORM.exec(target);
  if (match === null) throw new ProtocolError(400, 'malformed request target');
  const [, authority = '', path = '/', query = ''] = match;
  return { method, target, path, query, authority, protocol };
}

function explain(line: string): string {
  const [method = '', , version, ...rest] = line.split(' ');
  if (!TOKEN.test(method)) return 'malformed method';
  if (version === undefined || rest.length > 0) return 'malformed request line';
  if (!/^HTTP\/1\.[01]$/.test(version)) return 'unsupported HTTP version';
  return 'malformed request target';
}
