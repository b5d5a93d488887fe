import { isIP, isIPv6, Socket, type AddressInfo } from 'node:net';
import type { Environ } from '../types.ts';
import { fieldLinesOf, targetOf } from './environ-request.ts';
import { ResponseReader } from './response-reader.ts';

type Taken = (error?: Error | null) => void;
/** What Node's own accessors, which types call properties, would ask the system for. */
const FACTS: Readonly<Record<string, (environ: Environ, socket: ListenerSocket) => unknown>> = {
  pending: () => false,
  remoteAddress: ({ REMOTE_ADDR }) => REMOTE_ADDR || undefined,
  remoteFamily: ({ REMOTE_ADDR = '' }) => familyOf(REMOTE_ADDR),
  remotePort: ({ REMOTE_PORT }) => (REMOTE_PORT === undefined ? undefined : Number(REMOTE_PORT)),
  localAddress: ({ SERVER_NAME }) => addressOf(SERVER_NAME),
  localFamily: ({ SERVER_NAME }) => familyOf(addressOf(SERVER_NAME) ?? ''),
  localPort: ({ SERVER_PORT }) => Number(SERVER_PORT),
  bytesRead: (environ, { bodyBytes }) => headBytesOf(environ) + bodyBytes,
  bytesWritten: (_environ, { sentBytes }) => sentBytes,
};

interface Written {
  readonly chunk: string | Buffer;
  readonly encoding: NodeJS.BufferEncoding;
}

/**
 * What a listener of `node:http` sees as its connection: a socket without one. What the response writes
 * goes to a reader, and counts as sent once the pieces of its body were taken.
 */
export class ListenerSocket extends Socket {
  readonly response: ResponseReader = new ResponseReader();
  /** Whether the listener was told that the client came by TLS, as frameworks ask for it. */
  declare readonly encrypted?: true;
  readonly #environ: Environ;
  #onTaken: Taken | undefined;
  #waitingLength = 0;
  #onChange: (() => void) | undefined;
  /** Of the response, with its head and its framing. */
  sentBytes = 0;
  /** Of the request. */
  bodyBytes = 0;

  constructor(environ: Environ) {
    super();
    this.#environ = environ;
    if (environ['wsgi.url_scheme'] === 'https') Object.assign(this, { encrypted: true });
    this.once('close', () => this.#change());
  }

  /** All that was written has come to the reader. */
  get isRead(): boolean {
    return this.writableLength === this.#waitingLength;
  }

  override address(): AddressInfo | Record<string, never> {
    const { localAddress: address, localFamily: family = '', localPort: port = 0 } = this;
    return address === undefined ? {} : { address, family, port };
  }

  /** Once the response has more, or can have no more. */
  changed(): Promise<void> {
    return new Promise((resolve) => {
      this.#onChange = resolve;
    });
  }

  /** The pieces that the reader had were taken: whoever wrote them may write on. */
  taken(): void {
    const onTaken = this.#onTaken;
    this.#onTaken = undefined;
    this.#waitingLength = 0;
    onTaken?.();
  }

  /** What was written before is still read. */
  override destroy(error?: Error): this {
    while (this.writableCorked > 0) this.uncork();
    return super.destroy(error);
  }

  override _read(): void {
    // What the client sends comes by `wsgi.input`.
  }

  override _write(chunk: string | Buffer, encoding: NodeJS.BufferEncoding, taken: Taken): void {
    this.#take([{ chunk, encoding }], taken);
  }

  override _writev(written: readonly Written[], taken: Taken): void {
    this.#take(written, taken);
  }

  #take(written: readonly Written[], taken: Taken): void {
    for (const { chunk, encoding } of written) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk;
      this.sentBytes += bytes.length;
      this.#waitingLength += chunk.length;
      this.response.feed(bytes);
    }
    this.#onTaken = taken;
    if (this.response.pieces.length === 0) this.taken();
    this.#refreshTimeout();
    this.#change();
  }

  override _final(done: Taken): void {
    done();
    this.#change();
  }

  /** More of the request came. */
  countRead(bytes: number): void {
    this.bodyBytes += bytes;
    this.#refreshTimeout();
  }

  #refreshTimeout(): void {
    if (this.timeout) this.setTimeout(this.timeout);
  }

  #change(): void {
    const onChange = this.#onChange;
    this.#onChange = undefined;
    onChange?.();
  }

  static {
    Object.defineProperties(
      ListenerSocket.prototype,
      Object.fromEntries(
        Object.entries(FACTS).map(([name, factOf]) => [
          name,
          {
            configurable: true,
            get(this: ListenerSocket) {
              return factOf(this.#environ, this);
            },
          },
        ]),
      ),
    );
  }
}

/** `[::1]` as an address; nothing for a name, or the path of a unix socket. */
function addressOf(serverName: string): string | undefined {
  const address = serverName.replace(/^\[(.*)\]$/, '$1');
  return isIP(address) === 0 ? undefined : address;
}

function familyOf(address: string): 'IPv4' | 'IPv6' | undefined {
  if (isIP(address) === 0) return undefined;
  return isIPv6(address) ? 'IPv6' : 'IPv4';
}

/** The request line, the field lines and the empty one (RFC 9112 §2.1). */
function headBytesOf(environ: Environ): number {
  const { REQUEST_METHOD, RAW_URI = targetOf(environ), SERVER_PROTOCOL } = environ;
  const lines = fieldLinesOf(environ).map(([name, value]) => `${name}: ${value}`);
  return [`${REQUEST_METHOD} ${RAW_URI} ${SERVER_PROTOCOL}`, ...lines, '', ''].join('\r\n').length;
}
