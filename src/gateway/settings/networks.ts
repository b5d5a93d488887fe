import { BlockList, isIP } from 'node:net';

/** A set of peers: addresses, networks in CIDR notation, or `*` for everyone. */
export class Networks {
  readonly #members = new BlockList();
  readonly #hasEveryone: boolean;

  /** @throws {RangeError} naming the entry that is no address and no network. */
  constructor(entries: readonly string[]) {
    this.#hasEveryone = entries.includes('*');
    for (const entry of entries) if (entry !== '*') this.#add(entry);
  }

  has(address: string): boolean {
    if (this.#hasEveryone) return true;
    const family = isIP(address);
    return family !== 0 && this.#members.check(address, family === 6 ? 'ipv6' : 'ipv4');
  }

  #add(entry: string): void {
    const [address = '', prefix, ...rest] = entry.split('/');
    const family = isIP(address);
    const bits = prefix === undefined ? undefined : Number(prefix || Number.NaN);
    if (family === 0 || rest.length > 0 || (bits !== undefined && !isPrefix(bits, family))) {
      throw new RangeError(`'${entry}' is no address and no network`);
    }
    const type = family === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) this.#members.addAddress(address, type);
    else this.#members.addSubnet(address, bits, type);
  }
}

function isPrefix(bits: number, family: number): boolean {
  return Number.isInteger(bits) && bits >= 0 && bits <= (family === 6 ? 128 : 32);
}
