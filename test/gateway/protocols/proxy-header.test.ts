import { expect, test } from 'vitest';
import { ProtocolError } from '../../../src/http/protocol-error.ts';
import {
  ProxyHeaderReader,
  type ProxyHeader,
} from '../../../src/gateway/protocols/proxy-header.ts';

const V2 = '\r\n\r\n\0\r\nQUIT\n';
const REST = 'GET / HTTP/1.1\r\n';

/** A version 2 header: version and command, family, then the addresses with their length. */
function v2(command: number, family: number, addresses: readonly number[]): string {
  const length = [addresses.length >> 8, addresses.length & 0xff];
  return V2 + String.fromCharCode(command, family, ...length, ...addresses);
}

const IPV4 = [192, 0, 2, 1, 198, 51, 100, 1, 0x30, 0x39, 0, 80];
const IPV6 = Buffer.from(`20010db8${'00'.repeat(11)}01${'00'.repeat(16)}30390050`, 'hex');
const MAPPED_IPV4 = Buffer.from(`${'00'.repeat(10)}ffffc0000201${'00'.repeat(16)}30390050`, 'hex');

const CLIENT4 = { address: '192.0.2.1', port: '12345' };
const CLIENT6 = { address: '2001:db8::1', port: '12345' };

function read(text: string, version: 'v1' | 'v2' | 'auto' = 'auto'): ProxyHeader | undefined {
  return new ProxyHeaderReader(version).feed(Buffer.from(text, 'latin1'));
}

const VALID: [name: string, header: string, client: object | undefined][] = [
  ['version 1 over IPv4', 'PROXY TCP4 192.0.2.1 198.51.100.1 12345 80\r\n', CLIENT4],
  ['version 1 over IPv6', 'PROXY TCP6 2001:db8::1 2001:db8::2 12345 80\r\n', CLIENT6],
  ['version 1 of an unknown kind', 'PROXY UNKNOWN anything\r\n', undefined],
  ['version 1 as long as it may be', `PROXY UNKNOWN ${'x'.repeat(91)}\r\n`, undefined],
  [
    'version 1 with the highest ports',
    'PROXY TCP4 192.0.2.1 198.51.100.1 65535 65535\r\n',
    { address: '192.0.2.1', port: '65535' },
  ],
  [
    'version 1 with the lowest ports',
    'PROXY TCP4 192.0.2.1 198.51.100.1 0 0\r\n',
    { address: '192.0.2.1', port: '0' },
  ],
  [
    'version 1 with ports of one digit',
    'PROXY TCP4 192.0.2.1 198.51.100.1 7 9\r\n',
    { address: '192.0.2.1', port: '7' },
  ],
  ['version 1 of mapped IPv4', 'PROXY TCP6 ::FFFF:192.0.2.1 ::1 12345 80\r\n', CLIENT4],
  ['version 1 in another form', 'PROXY TCP6 2001:DB8:0::1 ::1 12345 80\r\n', CLIENT6],
  [
    'version 1 of what only looks mapped',
    'PROXY TCP6 ::ffff:1:2:3 ::1 12345 80\r\n',
    { address: '::ffff:1:2:3', port: '12345' },
  ],
  ['version 2 over IPv4', v2(0x21, 0x11, IPV4), CLIENT4],
  ['version 2 over IPv6', v2(0x21, 0x21, [...IPV6]), CLIENT6],
  ['version 2 of mapped IPv4', v2(0x21, 0x21, [...MAPPED_IPV4]), CLIENT4],
  ['version 2 with more than the addresses', v2(0x21, 0x11, [...IPV4, 4, 0, 1, 0]), CLIENT4],
  [
    'version 2 as long as it may be',
    v2(0x21, 0x11, [...IPV4, ...Array.from({ length: 4068 }, () => 0)]),
    CLIENT4,
  ],
  ['version 2 of a health check (LOCAL)', v2(0x20, 0x00, []), undefined],
  [
    'version 2 of a unix socket',
    v2(
      0x21,
      0x31,
      Array.from({ length: 216 }, () => 0),
    ),
    undefined,
  ],
];

test.for(VALID)('%s is read, and what follows is left', ([, header, client]) => {
  const found = read(header + REST);
  expect(found?.client).toEqual(client);
  expect(found?.rest.toString('latin1')).toBe(REST);
});

test.for(VALID)('%s is read byte by byte', ([, header, client]) => {
  const reader = new ProxyHeaderReader('auto');
  const bytes = [...Buffer.from(header, 'latin1')].map((byte) => Buffer.from([byte]));
  const found = bytes.map((byte) => reader.feed(byte));
  expect(found.slice(0, -1).every((early) => early === undefined)).toBe(true);
  expect(found.at(-1)?.client).toEqual(client);
});

test.for<[name: string, header: string, version?: 'v1' | 'v2']>([
  ['no header at all', REST],
  ['the first byte of no header', 'G'],
  ['a header without its end', `PROXY TCP4 ${'1'.repeat(200)}`],
  ['a header that is as long as it may be without its end', `PROXY UNKNOWN ${'x'.repeat(93)}`],
  ['an address that is none', 'PROXY TCP4 192.0.2.999 198.51.100.1 1 2\r\n'],
  ['an IPv6 address as IPv4', 'PROXY TCP4 fe80::1 198.51.100.1 1 2\r\n'],
  ['an IPv4 address as IPv6', 'PROXY TCP6 192.0.2.1 ::1 1 2\r\n'],
  ['an address with a zone', 'PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n'],
  ['a header of one byte too many', `PROXY UNKNOWN ${'x'.repeat(92)}\r\n`],
  ['a port over the highest', 'PROXY TCP4 192.0.2.1 198.51.100.1 65536 2\r\n'],
  ['a port of the destination over the highest', 'PROXY TCP4 192.0.2.1 198.51.100.1 1 65536\r\n'],
  ['a port of the destination with a zero before it', 'PROXY TCP4 192.0.2.1 198.51.100.1 1 02\r\n'],
  ['a port that is none', 'PROXY TCP4 192.0.2.1 198.51.100.1 99999 2\r\n'],
  ['a port with a zero before it', 'PROXY TCP4 192.0.2.1 198.51.100.1 01 2\r\n'],
  ['a destination that is none', 'PROXY TCP4 192.0.2.1 198.51.100. 1 2\r\n'],
  ['a port of the destination that is none', 'PROXY TCP4 192.0.2.1 198.51.100.1 1 99999\r\n'],
  ['an unknown kind that goes on', 'PROXY UNKNOWNS\r\n'],
  ['a bare LF', 'PROXY TCP4 192.0.2.1 198.51.100.1 1 2\n'],
  ['an unknown command', v2(0x22, 0x11, IPV4)],
  ['an unknown version', v2(0x31, 0x11, IPV4)],
  ['IPv4 addresses that are too short', v2(0x21, 0x11, IPV4.slice(0, 11))],
  ['IPv6 addresses that are too short', v2(0x21, 0x21, [...IPV6.subarray(0, 35)])],
  [
    'a length of one byte too many',
    v2(
      0x21,
      0x11,
      Array.from({ length: 4081 }, () => 0),
    ),
  ],
  ['a length beyond all reason', `${V2}\x21\x11\xff\xff`],
  ['version 2 where version 1 is expected', v2(0x21, 0x11, IPV4), 'v1'],
  ['version 1 where version 2 is expected', 'PROXY UNKNOWN\r\n', 'v2'],
])('%s is refused', ([, header, version]) => {
  expect(() => read(header, version ?? 'auto')).toThrow(ProtocolError);
});
