import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { PROTOCOLS } from '../../src/protocols/protocols.ts';
import { LIMITS, readRequests, type Outcome } from './parse-requests.ts';
import {
  fastcgiHead,
  PROXY_PROTOCOLS,
  proxyRequest,
  record,
  streamRecords,
  uwsgiPacket,
  VARIABLES,
  type Pairs,
  type ProxyProtocol,
} from './proxy-requests.ts';
import { splitsOf } from './splits.ts';

/** Every status that a reader may refuse with. */
const STATUSES = [400, 411, 413, 414, 431, 501];
const ENDS = ['idle', 'incomplete', ...STATUSES];

function parse(protocol: ProxyProtocol, pieces: Iterable<Buffer>): Outcome & { replies: string } {
  let replies = '';
  const line = {
    reply: (parts: readonly unknown[]) => {
      replies += parts.join('');
    },
    hangUp: () => {
      replies += 'hung up';
    },
  };
  const { reader } = PROTOCOLS[protocol].open(LIMITS, line);
  return { ...readRequests(reader, pieces), replies };
}

const anyText = fc.string({
  unit: fc
    .integer({ min: 0x20, max: 0xff })
    .map((code) => String.fromCharCode(code))
    .filter((one) => !/[\x7f-\x9f]/.test(one)),
});
const anyName = fc.stringMatching(/^[A-Z][A-Z0-9]{0,12}$/);

const anyPairs: fc.Arbitrary<Pairs> = fc
  .array(
    fc.tuple(
      anyName.map((name) => `HTTP_X_${name}`),
      anyText,
    ),
    { maxLength: 20 },
  )
  .map((fields) => [...VARIABLES, ...fields]);

const anyBody = fc.string({ unit: 'binary-ascii', maxLength: 400 });

function anyRequests(protocol: ProxyProtocol): fc.Arbitrary<Buffer> {
  const one = fc
    .tuple(anyPairs, anyBody)
    .map(([pairs, body]) => proxyRequest(protocol, pairs, body));
  return protocol === 'fastcgi'
    ? fc.array(one, { minLength: 1, maxLength: 3 }).map((all) => Buffer.concat(all))
    : one;
}

/** Requests in which a few bytes were changed, and lengths among them, cut off somewhere. */
function anyDamaged(protocol: ProxyProtocol): fc.Arbitrary<Buffer> {
  const byte = fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(0, 1, 127, 128, 255));
  // The lengths stand near the front.
  const offset = fc.oneof(fc.nat(), fc.nat({ max: 40 }));
  return fc
    .tuple(
      anyRequests(protocol),
      fc.array(fc.tuple(offset, byte), { maxLength: 4 }),
      fc.option(fc.nat()),
    )
    .map(([bytes, changes, cut]) => {
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      return cut === null ? bytes : bytes.subarray(0, cut % bytes.length);
    });
}

const anyBytes = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));

/** Records of any type and length, some of which are there. */
const anyRecords = fc
  .array(
    fc
      .tuple(
        fc.nat({ max: 12 }),
        fc.nat({ max: 2 }),
        fc.oneof(
          fc.uint8Array({ maxLength: 20 }),
          fc.constant(new Uint8Array([0, 1, 1, 0, 0, 0, 0, 0])),
        ),
        fc.nat({ max: 9 }),
      )
      .map(([type, id, content, padding]) =>
        Buffer.concat([
          Buffer.from([1, type, 0, id, 0, content.length, padding, 0]),
          content,
          Buffer.alloc(padding),
        ]),
      ),
    { maxLength: 20 },
  )
  .map((records) => Buffer.concat(records));

const anyInput = (protocol: ProxyProtocol): fc.Arbitrary<Buffer> =>
  fc.oneof(
    anyRequests(protocol),
    anyDamaged(protocol),
    anyBytes,
    protocol === 'fastcgi' ? anyRecords : anyBytes,
  );

test.for(PROXY_PROTOCOLS)('%s: any split of the bytes gives the same requests', (protocol) => {
  const bytesAndSplit = anyInput(protocol).chain((bytes) =>
    fc.tuple(fc.constant(bytes), splitsOf(bytes)),
  );
  fc.assert(
    fc.property(bytesAndSplit, ([bytes, pieces]) => {
      expect(parse(protocol, pieces)).toEqual(parse(protocol, [bytes]));
    }),
    { numRuns: 3000 },
  );
});

test.for(PROXY_PROTOCOLS)('%s: whatever comes, it is read or refused', (protocol) => {
  fc.assert(
    fc.property(anyInput(protocol), (bytes) => {
      const { end } = parse(protocol, [bytes]);
      expect(ENDS).toContain(typeof end === 'string' ? end : end.status);
    }),
    { numRuns: 3000 },
  );
});

test.for(PROXY_PROTOCOLS)('%s: what is encoded is parsed back', (protocol) => {
  fc.assert(
    fc.property(anyPairs, anyBody, (pairs, body) => {
      const { requests, end } = parse(protocol, [proxyRequest(protocol, pairs, body)]);
      expect(end).toBe('idle');
      const fields = pairs
        .filter(([name]) => name.startsWith('HTTP_'))
        .map(([name, value]) => [name.slice(5).toLowerCase().replaceAll('_', '-'), value]);
      expect(requests).toMatchObject([{ body, isComplete: true }]);
      expect(requests[0]?.fields.slice(0, fields.length)).toEqual(fields);
    }),
    { numRuns: 1000 },
  );
});

// What is beside the packet in memory is of other clients.
test.for(PROXY_PROTOCOLS)('%s: nothing is read beside the bytes that came', (protocol) => {
  fc.assert(
    fc.property(anyDamaged(protocol), (bytes) => {
      const inside = (filler: number): Outcome => {
        const memory = Buffer.alloc(bytes.length + 200, filler);
        bytes.copy(memory, 100);
        return parse(protocol, [memory.subarray(100, 100 + bytes.length)]);
      };
      expect(inside(0)).toEqual(inside(255));
    }),
    { numRuns: 2000 },
  );
});

/** Where the lengths of names and values stand, and how many bytes each takes. */
function innerLengths(protocol: ProxyProtocol, pairs: Pairs): { at: number; size: number }[] {
  const lengths: { at: number; size: number }[] = [];
  // Behind the head of the packet, or the records FCGI_BEGIN_REQUEST and the head of FCGI_PARAMS.
  let at = protocol === 'uwsgi' ? 4 : 24;
  for (const [name, value] of pairs) {
    const sizes = [name, value].map(({ length }) =>
      protocol === 'uwsgi' ? 2 : length > 127 ? 4 : 1,
    );
    const [nameSize = 0, valueSize = 0] = sizes;
    const between = protocol === 'uwsgi' ? name.length : 0;
    lengths.push({ at, size: nameSize }, { at: at + nameSize + between, size: valueSize });
    at += nameSize + valueSize + name.length + value.length;
  }
  return lengths;
}

/** Overwrites a length by any other of the same size, as the protocol writes it. */
function lie(
  protocol: ProxyProtocol,
  packet: Buffer,
  { at, size }: { at: number; size: number },
  length: number,
): Buffer {
  const bytes = Buffer.from(packet);
  if (protocol === 'uwsgi') bytes.writeUInt16LE(length, at);
  else if (size === 1) bytes.writeUInt8(length, at);
  else bytes.writeUInt32BE(0x8000_0000 + length, at);
  return bytes;
}

const anyLength = fc.oneof(
  fc.nat({ max: 300 }),
  fc.constantFrom(0, 1, 127, 128, 255, 65_535, 0x7fff_ffff),
);

// A value may not begin in the variables and end in the body.
test.for(['uwsgi', 'fastcgi'] as const)(
  '%s: whatever a length says, no variable is read out of what follows the packet',
  (protocol) => {
    fc.assert(
      fc.property(anyPairs, fc.nat(), anyLength, (pairs, which, length) => {
        const lengths = innerLengths(protocol, pairs);
        const place = lengths[which % lengths.length];
        if (place === undefined) throw new Error('no variable');
        const packet = protocol === 'uwsgi' ? uwsgiPacket(pairs) : fastcgiHead(pairs);
        const told = Math.min(length, { 1: 0x7f, 2: 0xffff, 4: 0x7fff_ffff }[place.size] ?? 0);
        const lying = lie(protocol, packet, place, told);
        const before = (filler: number): unknown => {
          const { requests, end } = parse(protocol, [lying, Buffer.alloc(70_000, filler)]);
          const refusal = typeof end === 'string' || requests.length > 0 ? undefined : end;
          return { heads: requests.map(({ fields, target }) => ({ fields, target })), refusal };
        };
        expect(before(0)).toEqual(before(1));
        // FCGI_PARAMS ends in an empty record.
        const end = packet.length - (protocol === 'uwsgi' ? 0 : 8);
        const isTooLong = told > end - place.at;
        expect(isTooLong && parse(protocol, [lying]).requests.length > 0).toBe(false);
      }),
      { numRuns: 1000 },
    );
  },
);

test('SCGI: a netstring of any other length is no request', () => {
  fc.assert(
    fc.property(anyPairs, anyBody, anyLength, (pairs, body, length) => {
      const packet = proxyRequest('scgi', pairs, body).toString('latin1');
      const colon = packet.indexOf(':');
      fc.pre(Number(packet.slice(0, colon)) !== length);
      const { requests } = parse('scgi', [
        Buffer.from(`${length}${packet.slice(colon)}`, 'latin1'),
      ]);
      expect(requests).toEqual([]);
    }),
    { numRuns: 1000 },
  );
});

test.for(PROXY_PROTOCOLS)(
  '%s: variables without number are refused, in little time',
  (protocol) => {
    const count = fc.integer({ min: 1001, max: 16_000 });
    fc.assert(
      fc.property(count, fc.constantFrom('', 'A', 'HTTP_'), (many, name) => {
        const others = Array.from({ length: many }, () => [name, ''] as const);
        const all = [...VARIABLES, ...others];
        // A packet of uwsgi has room for no more.
        const bytes = proxyRequest(protocol, all.slice(0, protocol === 'uwsgi' ? 6000 : undefined));
        const before = process.cpuUsage();
        expect(parse(protocol, [bytes])).toMatchObject({ requests: [], end: { status: 431 } });
        expect(process.cpuUsage(before).user).toBeLessThan(1_000_000);
      }),
      { numRuns: 50 },
    );
  },
);

test('FastCGI: records without number cost no more than their bytes', () => {
  const anyEmpty = fc.constantFrom(...[2, 4, 5, 6, 8, 9, 77].map((type) => record(type, 1)));
  fc.assert(
    fc.property(
      anyEmpty,
      fc.integer({ min: 1, max: 20_000 }),
      fc.boolean(),
      (one, many, isBegun) => {
        const begin = isBegun ? fastcgiHead(VARIABLES) : Buffer.alloc(0);
        const records = Buffer.concat([begin, ...Array<Buffer>(many).fill(one)]);
        const before = process.cpuUsage();
        const { requests } = parse('fastcgi', [records]);
        expect(requests.length).toBe(isBegun ? 1 : 0);
        expect(process.cpuUsage(before).user).toBeLessThan(1_000_000);
      },
    ),
    { numRuns: 100 },
  );
});

test('FastCGI: a body in records of any size comes together again', () => {
  const anyPieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 100 }), { maxLength: 10 });
  fc.assert(
    fc.property(anyPieces, (pieces) => {
      const records = pieces.map((piece) =>
        streamRecords(5, 1, Buffer.from(piece)).subarray(0, -8),
      );
      const bytes = Buffer.concat([
        fastcgiHead(VARIABLES),
        ...records,
        streamRecords(5, 1, Buffer.alloc(0)),
      ]);
      const body = Buffer.concat(pieces).toString('latin1');
      expect(parse('fastcgi', [bytes]).requests).toMatchObject([{ body, isComplete: true }]);
    }),
  );
});
