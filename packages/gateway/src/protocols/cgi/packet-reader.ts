import { ProtocolError } from '@wsgi/wsgi/status';
import { ByteQueue } from '../byte-queue.ts';
import type { Protocol, RequestLimits, RequestLine, RequestReader } from '../protocol.ts';
import { interpretVariables, lineOf, type CgiRequestHead } from './request-head.ts';
import {
  CgiResponseEncoder,
  encodeOverload,
  encodeRefusal,
  type StatusStart,
} from './response-encoder.ts';
import { variablesBytesMax, type Variable } from './variables.ts';

/** A protocol of one request a connection: a packet of variables, then the body. */
export interface PacketFormat {
  readonly statusStart: StatusStart;
  /**
   * Where the variables stand and the packet ends, once its first bytes tell.
   *
   * @throws {ProtocolError} 400.
   */
  measure(bytes: Buffer): PacketSize | undefined;
  /** @throws {ProtocolError} 400, 431. */
  readVariables(packet: Buffer, size: PacketSize): Variable[];
}

export interface PacketSize {
  readonly variablesStart: number;
  readonly variablesBytes: number;
  readonly packetBytes: number;
}

export function packetProtocol(format: PacketFormat): Protocol {
  const { statusStart } = format;
  return {
    isForProxies: true,
    open: (limits) => ({
      reader: new PacketReader(format, limits),
      interim: '',
      // There is no further request.
      isEndUntold: false,
      encoderFor: () => new CgiResponseEncoder(statusStart),
      encodeRefusal: (error, line) => encodeRefusal(statusStart, error, line),
      encodeOverload: () => encodeOverload(statusStart),
    }),
  };
}

/** The one request of a connection. What comes behind it is not looked at. */
class PacketReader implements RequestReader {
  readonly #format: PacketFormat;
  readonly #limits: RequestLimits;
  readonly #queue = new ByteQueue();
  #size: PacketSize | undefined;
  #hasHead = false;
  #remainingBodyBytes = 0;
  requestLine: RequestLine | undefined;

  constructor(format: PacketFormat, limits: RequestLimits) {
    this.#format = format;
    this.#limits = limits;
  }

  feed(bytes: Buffer): void {
    this.#queue.feed(bytes);
  }

  keepRest(): void {
    this.#queue.keepRest();
  }

  /** Of a body; a packet has limits of its own, and has to come whole. */
  get bufferedBytes(): number {
    return this.#hasHead ? this.#queue.length : 0;
  }

  get isIdle(): boolean {
    return this.#hasHead ? this.isBodyComplete : this.#queue.length === 0;
  }

  get isBodyComplete(): boolean {
    return this.#remainingBodyBytes === 0;
  }

  /** @throws {ProtocolError} 400, 411, 413, 414, 431, 501. */
  readHead(): CgiRequestHead | undefined {
    if (this.#hasHead) return undefined;
    this.#size ??= this.#measure();
    if (this.#size === undefined || this.#queue.length < this.#size.packetBytes) return undefined;
    const packet = this.#queue.take(this.#size.packetBytes);
    const variables = this.#format.readVariables(packet, this.#size);
    this.requestLine = lineOf(variables);
    const head = interpretVariables(variables, false, this.#limits);
    if (head.isUncounted) throw new ProtocolError(411, 'a body without CONTENT_LENGTH');
    this.#hasHead = true;
    this.#remainingBodyBytes = head.contentLength ?? 0;
    this.requestLine = undefined;
    return head;
  }

  readBody(): Buffer | undefined {
    if (this.#remainingBodyBytes === 0 || this.#queue.length === 0) return undefined;
    const piece = this.#queue.take(this.#remainingBodyBytes);
    this.#remainingBodyBytes -= piece.length;
    return piece;
  }

  #measure(): PacketSize | undefined {
    const size = this.#format.measure(this.#queue.bytes);
    if (size !== undefined && size.variablesBytes > variablesBytesMax(this.#limits)) {
      throw new ProtocolError(431, 'packet too long');
    }
    return size;
  }
}
