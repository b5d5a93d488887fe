import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { PROTOCOLS } from '../../src/protocols/protocols.ts';
import { LIMITS, readRequests, type Outcome } from './parse-requests.ts';
import {
  fastcgiHead,
  PROXY_PROTOCOLS,
  proxyRequest,
  streamRecords,
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
