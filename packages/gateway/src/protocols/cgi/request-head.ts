import { isIP } from 'node:net';
import { splitTarget, type TargetParts } from '@wsgi/wsgi/environ';
import { TOKEN } from '@wsgi/wsgi/headers';
import { ProtocolError } from '@wsgi/wsgi/status';
import { quote, withoutMapping } from '@wsgi/wsgi/url';
import { isHost } from '../http1/request-head.ts';
import type {
  FrontFacts,
  HeadLimits,
  RequestHead,
  RequestLimits,
  RequestLine,
} from '../protocol.ts';
import { sortVariables, type SortedVariables, type Variable } from './variables.ts';

/** A head that came as the meta-variables of CGI (RFC 3875 §4.1). */
export interface CgiRequestHead extends RequestHead {
  /** Undefined where it is not told. */
  readonly contentLength: number | undefined;
  /** There is a body though its length is not told. */
  readonly isUncounted: boolean;
}

type Others = SortedVariables['others'];

/** What a log can tell, also of variables that are refused. */
export function lineOf(variables: readonly Variable[]): RequestLine | undefined {
  const find = (name: string): string | undefined =>
    variables.findLast(([one]) => one === name)?.[1];
  const method = find('REQUEST_METHOD');
  const target = find('REQUEST_URI') ?? find('PATH_INFO') ?? '';
  return method === undefined ? undefined : { method, target };
}

/**
 * What the variables say, as strict as a head of HTTP/1.1.
 *
 * @throws {ProtocolError} 400, 413, 414, 431, 501.
 */
export function interpretVariables(
  variables: readonly Variable[],
  isPersistent: boolean,
  limits: RequestLimits,
): CgiRequestHead {
  const { fields, others, wasChunked } = sortVariables(variables, limits);
  const place = placeOf(others);
  const line = { ...place.line, method: methodOf(others), protocol: protocolOf(others) };
  checkLine(line, limits);
  const contentLength = contentLengthOf(others, limits);
  return {
    ...line,
    ...place.parts,
    host: hostOf(fields, place.parts.host),
    isTargetPlain: PLAIN_TARGET.test(line.target),
    fields,
    isPersistent,
    expectsContinue: false,
    front: frontOf(others, place.scriptName),
    contentLength,
    isUncounted: wasChunked && contentLength === undefined,
  };
}

function methodOf(others: Others): string {
  const method = others.get('REQUEST_METHOD') ?? '';
  if (!TOKEN.test(method)) throw new ProtocolError(400, 'malformed method');
  if (method === 'CONNECT') throw new ProtocolError(501, 'CONNECT is not implemented');
  return method;
}

// HTTP-version (RFC 9112 §2.3), as the proxy speaks it with its client
const PROTOCOL = /^HTTP\/[0-9](?:\.[0-9])?$/;

function protocolOf(others: Others): string {
  const protocol = others.get('SERVER_PROTOCOL') ?? 'HTTP/1.0';
  if (!PROTOCOL.test(protocol)) throw new ProtocolError(400, 'malformed SERVER_PROTOCOL');
  return protocol;
}

// VCHAR (RFC 5234 §B.1) without "#", as in a request line
const TARGET = /^[\x21\x22\x24-\x7e]+$/;
const PLAIN_TARGET = /^[\x21\x24-\x5b\x5d-\x7e]+$/;

function checkLine(
  { method, target, protocol }: RequestLine & Pick<RequestHead, 'protocol'>,
  { requestLineBytes }: HeadLimits,
): void {
  if (!TARGET.test(target)) throw new ProtocolError(400, 'malformed request target');
  if (method.length + target.length + protocol.length + 2 > requestLineBytes) {
    throw new ProtocolError(414, `request line over ${requestLineBytes} bytes`);
  }
}

interface Place {
  readonly line: Pick<RequestLine, 'target'>;
  readonly parts: TargetParts;
  /** Undefined where the proxy does not say. */
  readonly scriptName: string | undefined;
}

/**
 * Of SCRIPT_NAME and PATH_INFO, which a proxy has decoded, and may have rewritten. One that sends no
 * PATH_INFO knows of no mount point: what it calls SCRIPT_NAME is the whole path, and the target has that as it came.
 */
function placeOf(others: Others): Place {
  const scriptName = pathOf(others, 'SCRIPT_NAME').replace(/\/$/, '');
  const pathInfo = others.has('PATH_INFO') ? pathOf(others, 'PATH_INFO') : undefined;
  const query = others.get('QUERY_STRING');
  const whole = quote(scriptName + (pathInfo ?? '')) || '/';
  const target = others.get('REQUEST_URI') || whole + (query ? `?${query}` : '');
  const told = splitTarget(target);
  if (!told.path.startsWith('/') && target !== '*') {
    throw new ProtocolError(400, 'malformed request target');
  }
  const parts = { ...told, query: query ?? told.query };
  if (QUERY_CONTROL.test(parts.query)) throw new ProtocolError(400, 'malformed query');
  if (pathInfo === undefined) return { line: { target }, parts, scriptName: undefined };
  const path = scriptName + pathInfo === '' ? '' : quote(scriptName + pathInfo);
  return { line: { target }, parts: { ...parts, path }, scriptName: scriptName || undefined };
}

const QUERY_CONTROL = /[^\x21-\x7e\x80-\xff]/;

function pathOf(others: Others, name: 'SCRIPT_NAME' | 'PATH_INFO'): string {
  const path = others.get(name) ?? '';
  if (path === '*') return '';
  if (path !== '' && !path.startsWith('/')) throw new ProtocolError(400, `malformed ${name}`);
  return path;
}

/** RFC 9110 §7.2; a proxy vouches that there is one where there must be. */
function hostOf(fields: CgiRequestHead['fields'], authority: string): string {
  const host = authority || (fields.find(({ name }) => name === 'host')?.value ?? '');
  if (host !== '' && !isHost(host)) throw new ProtocolError(400, 'malformed Host');
  return host;
}

// Content-Length = 1*DIGIT (RFC 9110 §8.6), as many as a number holds exactly
const CONTENT_LENGTH = /^[0-9]{1,15}$/;

function contentLengthOf(others: Others, { bodyBytes }: RequestLimits): number | undefined {
  const text = others.get('CONTENT_LENGTH') ?? '';
  if (text === '') return undefined;
  if (!CONTENT_LENGTH.test(text)) throw new ProtocolError(400, 'malformed CONTENT_LENGTH');
  if (Number(text) > bodyBytes) throw new ProtocolError(413, `body over ${bodyBytes} bytes`);
  return Number(text);
}

function frontOf(others: Others, scriptName: string | undefined): FrontFacts {
  const isSecure = /^(?:on|1)$/i.test(others.get('HTTPS') ?? '');
  const address = others.get('REMOTE_ADDR') ?? '';
  return {
    scriptName,
    scheme: isSecure || others.get('REQUEST_SCHEME') === 'https' ? 'https' : 'http',
    serverName: others.get('SERVER_NAME') ?? '',
    serverPort: portOf(others, 'SERVER_PORT'),
    remoteAddress: address === '' ? undefined : clientOf(address),
    remotePort: portOf(others, 'REMOTE_PORT'),
    requestId: others.get('REQUEST_ID') ?? '',
    variables: furtherVariables(others),
  };
}

/** nginx calls a client on a unix socket `unix:`. */
function clientOf(address: string): string {
  if (address.startsWith('unix:')) return '';
  if (isIP(address) === 0) throw new ProtocolError(400, 'malformed REMOTE_ADDR');
  return withoutMapping(address);
}

function portOf(others: Others, name: 'SERVER_PORT' | 'REMOTE_PORT'): string {
  const port = others.get(name) ?? '';
  if (!/^[0-9]{0,5}$/.test(port)) throw new ProtocolError(400, `malformed ${name}`);
  return port;
}

/** Of environ itself, from other sources. */
const OWN_VARIABLES: ReadonlySet<string> = new Set(
  (
    'REQUEST_METHOD SCRIPT_NAME PATH_INFO QUERY_STRING CONTENT_TYPE CONTENT_LENGTH SERVER_NAME SERVER_PORT ' +
    'SERVER_PROTOCOL SERVER_SOFTWARE REMOTE_ADDR REMOTE_PORT RAW_URI REQUEST_URI'
  ).split(' '),
);

// Names in lower case, or with a dot, are the gateway's own.
const FURTHER_NAME = /^[A-Z][A-Z0-9_]*$/;

/** REMOTE_USER, DOCUMENT_ROOT, and whatever else a proxy is configured to tell. */
function furtherVariables(others: Others): Record<string, string> {
  const further: Record<string, string> = {};
  for (const [name, value] of others) {
    if (FURTHER_NAME.test(name) && !OWN_VARIABLES.has(name)) further[name] = value;
  }
  return further;
}
