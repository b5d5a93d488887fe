import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

/** What a cluster's DNS keeps an answer for, so that a change is seen later. */
const KEPT_MS = 5000;
const HEADER_BYTES = 12;
const TYPE_A = 1;

/** The addresses of headless Services, told by DNS as a cluster does. */
export class ClusterNames {
  readonly #addresses = new Map<string, Set<string>>();
  readonly #kept = new Map<
    string,
    { readonly addresses: readonly string[]; readonly untilMs: number }
  >();
  readonly #socket: Socket = createSocket('udp4');

  static async start(address: string): Promise<ClusterNames> {
    const names = new ClusterNames();
    names.#socket.bind(0, address);
    await once(names.#socket, 'listening');
    names.#socket.on('message', (query, { address: client, port }) => {
      names.#socket.send(names.#answer(query), port, client);
    });
    return names;
  }

  get port(): number {
    return this.#socket.address().port;
  }

  add(name: string, address: string): void {
    this.#addresses.set(name, (this.#addresses.get(name) ?? new Set()).add(address));
  }

  remove(name: string, address: string): void {
    this.#addresses.get(name)?.delete(address);
  }

  close(): void {
    this.#socket.close();
  }

  /** RFC 1035 §4.1: the question again, and an A record for each address. */
  #answer(query: Buffer): Buffer {
    const { name, end } = readName(query);
    const records = query.readUInt16BE(end) === TYPE_A ? this.#lookup(name).map(record) : [];
    const header = Buffer.from(query.subarray(0, HEADER_BYTES));
    header.writeUInt16BE(0x8180, 2);
    header.writeUInt16BE(records.length, 6);
    header.writeUInt32BE(0, 8);
    return Buffer.concat([header, query.subarray(HEADER_BYTES, end + 4), ...records]);
  }

  #lookup(name: string): readonly string[] {
    const now = performance.now();
    const kept = this.#kept.get(name);
    if (kept !== undefined && kept.untilMs > now) return kept.addresses;
    const addresses = [...(this.#addresses.get(name) ?? [])];
    this.#kept.set(name, { addresses, untilMs: now + KEPT_MS });
    return addresses;
  }
}

/** The labels of the question, and where they end. */
function readName(query: Buffer): { name: string; end: number } {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  return { name: labels.join('.'), end: at + 1 };
}

function record(address: string): Buffer {
  const name = [0xc0, HEADER_BYTES];
  return Buffer.from([
    ...name,
    0,
    TYPE_A,
    0,
    1,
    0,
    0,
    0,
    5,
    0,
    4,
    ...address.split('.').map(Number),
  ]);
}
