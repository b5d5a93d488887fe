import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { ProtocolError } from '@wsgi/wsgi/status';
import {
  buildEnviron,
  setVariable,
  variable,
  type ConnectionFacts,
  type ExchangeFacts,
  type ServerFacts,
} from '@wsgi/wsgi/environ';
import type { Environ } from '@wsgi/wsgi';
import { uriHost, withoutMapping } from '@wsgi/wsgi/url';
import type { Field } from '../protocols/http1/fields.ts';
import type { RequestHead } from '../protocols/protocol.ts';
import type { Address, Networks } from '../settings/addresses.ts';

/** What stays the same for every request of a connection. */
export interface PeerFacts extends ConnectionFacts {
  /** The peer is a proxy whose word about the client counts. */
  readonly isTrusted: boolean;
}

/**
 * The environ of a request head, with the gateway's own variables.
 *
 * @throws {ProtocolError} 400 where a trusted proxy contradicts itself.
 */
export function gatewayEnviron(
  head: RequestHead,
  server: ServerFacts,
  peer: PeerFacts,
  request: ExchangeFacts,
): Environ {
  const told = peer.isTrusted ? head : withoutForwarding(head);
  const environ = buildEnviron(told, mounted(server, head), peer, request);
  if (head.front !== undefined) Object.assign(environ, head.front.variables);
  setVariable(environ, 'gateway.request_id', requestIdOf(environ, peer, head));
  if (peer.isTrusted) setVariable(environ, 'wsgi.url_scheme', forwardedScheme(environ, peer));
  return environ;
}

function mounted(server: ServerFacts, { front }: RequestHead): ServerFacts {
  const scriptName = front?.scriptName;
  return scriptName === undefined ? server : { ...server, scriptName };
}

/**
 * Who sent the request: the peer itself, or the client of a proxy that tells of it apart from the fields.
 * That one's own word about others counts by the same rule.
 */
export function requestPeer(
  peer: PeerFacts,
  head: RequestHead | undefined,
  trustedPeers: Networks,
): PeerFacts {
  const front = head?.front;
  if (front === undefined) return peer;
  const { scheme, serverName, serverPort, remoteAddress, remotePort } = front;
  const server = {
    scheme,
    serverName: serverName || peer.serverName,
    serverPort: serverPort || peer.serverPort,
  };
  if (remoteAddress === undefined) return { ...peer, ...server };
  const isTrusted = remoteAddress === '' || trustedPeers.has(remoteAddress);
  return { ...server, remoteAddress, remotePort, isTrusted };
}

/** Without what a proxy says of the client, where a client may have said it itself. */
function withoutForwarding(head: RequestHead): RequestHead {
  if (!head.fields.some(isForwarding)) return head;
  return { ...head, fields: head.fields.filter((field) => !isForwarding(field)) };
}

function isForwarding({ name }: Field): boolean {
  return name.startsWith('x-forwarded-') || name === 'forwarded';
}

/**
 * The client's address, for the log: the last one in X-Forwarded-For that is no trusted proxy's, where the
 * peer is one; where all are, the first. Behind "everybody is trusted" that is the last.
 */
export function clientAddress(
  { isTrusted, remoteAddress }: PeerFacts,
  fields: readonly Field[],
  trustedPeers: Networks,
): string {
  if (!isTrusted) return remoteAddress;
  let hops = '';
  for (const { name, value } of fields) {
    if (name === 'x-forwarded-for') hops = hops === '' ? value : `${hops},${value}`;
  }
  return hops === '' ? remoteAddress : (lastClient(hops, trustedPeers) ?? remoteAddress);
}

function lastClient(hops: string, trustedPeers: Networks): string | undefined {
  let client: string | undefined;
  for (const hop of hops.split(',').toReversed()) {
    const address = withoutMapping(hop.trim());
    if (isIP(address) === 0) break;
    client = address;
    if (!trustedPeers.names(address)) break;
  }
  return client;
}

/** The id that a trusted proxy gave the request, else a new one. */
function requestIdOf(environ: Environ, { isTrusted }: PeerFacts, { front }: RequestHead): string {
  const field = isTrusted ? variable(environ, 'HTTP_X_REQUEST_ID') : undefined;
  const given = front?.requestId || field;
  return given !== undefined && REQUEST_ID.test(given) ? given : nextRequestId();
}

const REQUEST_ID = /^[\w.:+/=-]{1,128}$/;

/** Of X-Forwarded-Proto, which may come several times, but always with the same meaning. */
function forwardedScheme(environ: Environ, { scheme }: PeerFacts): 'http' | 'https' {
  const said = variable(environ, 'HTTP_X_FORWARDED_PROTO');
  if (said === undefined) return scheme;
  if (said === 'https') return 'https';
  if (!said.includes(',')) return 'http';
  const isSecure = said.split(',').map((one) => one.trim() === 'https');
  if (isSecure.every(Boolean)) return 'https';
  if (!isSecure.includes(true)) return 'http';
  throw new ProtocolError(400, 'the proxy contradicts itself about the scheme');
}

/** Numbers of eight hexadecimal digits that V8 does not have to make an object of. */
export const FIRST_NUMBER = 0x1000_0000;
const LAST_NUMBER = 0x7fff_ffff;

/**
 * Makes ids for requests, of 32 hexadecimal digits as nginx's: those of a random prefix, then a count.
 * Unique like random numbers, and made in no time.
 */
export function requestIds(lastNumber: number = LAST_NUMBER): () => string {
  let prefix = randomPrefix();
  let number = FIRST_NUMBER;
  return () => {
    if (number > lastNumber) {
      prefix = randomPrefix();
      number = FIRST_NUMBER;
    }
    // V8 remembers what it writes in decimal, thousands of numbers: they would outlive their
    // requests, and make its heap grow.
    return prefix + (number++).toString(16);
  };
}

function randomPrefix(): string {
  return randomBytes(12).toString('hex');
}

const nextRequestId = requestIds();

/** The host and port that a listener was bound to. */
export function serverNameAndPort(address: Address): Pick<PeerFacts, 'serverName' | 'serverPort'> {
  if (address.kind === 'unix') return { serverName: address.path, serverPort: '0' };
  const { host, port } = address;
  // RFC 3875 §4.1.14
  return { serverName: uriHost(host), serverPort: String(port) };
}
