import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';

/** Loaded before a program, lets it know names with more than one address, as a resolver may. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  'both.test': ['127.0.0.1', '127.0.0.2', '127.0.0.1'],
  // TEST-NET-1 (RFC 5737) is nobody's.
  'partly.test': ['192.0.2.1', '127.0.0.1'],
};

dns.promises.lookup = ((name: string) =>
  Promise.resolve(
    (NAMES[name] ?? []).map((address) => ({ address, family: 4 })),
  )) as unknown as typeof dns.promises.lookup;
syncBuiltinESMExports();
