import { BlockList, isIP } from 'node:net';

/** A set of peers: addresses, networks in CIDR notation, or `*` for everyone. */
export class Networks {
  readonly #members = new BlockList();
  readonly #hasEveryone: boolean;

  /** @throws where an entry is no address and no network. */
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
    if (family === 0 || rest.length > 0) {
      throw new RangeError(`'${entry}' is no address and no network`);
    }
    const type = family === 6 ? 'ipv6' : 'ipv4';
    if (prefix === undefined) this.#members.addAddress(address, type);
    else this.#members.addSubnet(address, Number(prefix || Number.NaN), type);
  }
}
