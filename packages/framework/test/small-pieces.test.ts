import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { readMultipart } from '../src/forms/multipart.ts';
import { readBody } from '../src/input.ts';
import { BodyInputStream } from '@wsgi/wsgi/input-stream';
import type { Bytes } from '@wsgi/wsgi';
import { sampleEnviron } from '../../wsgi/test/environ.ts';
import { BOUNDARY, CONTENT_TYPE } from './forms/multipart-body.ts';
import { withSettings } from './serve.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const COUNT = 200_000;
const RECEIVED_BYTES = 1000;
/** Held one by one, they take 20 MB and more. */
const KEPT_BYTES_MAX = 5e6;

function usedBytes(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** So many pieces of one byte, and what they have come to take. */
class SmallPieces {
  keptBytes = Infinity;

  async *between(start: string, end: string): AsyncGenerator<Bytes> {
    await turn();
    const before = usedBytes();
    yield Buffer.from(start);
    for (let left = COUNT; left > 0; left -= RECEIVED_BYTES) {
      const received = Buffer.alloc(RECEIVED_BYTES, 'x');
      for (let at = 0; at < RECEIVED_BYTES; at++) yield received.subarray(at, at + 1);
      await turn();
    }
    this.keptBytes = usedBytes() - before;
    yield Buffer.from(end);
  }
}

type Read = (pieces: SmallPieces) => Promise<unknown>;

async function readWhole(pieces: SmallPieces): Promise<unknown> {
  const body = pieces.between('', '');
  const input = new BodyInputStream(async () => (await body.next()).value as Bytes | undefined);
  const environ = sampleEnviron({ 'wsgi.input': input, 'wsgi.input_terminated': true });
  return (await readBody(environ, COUNT)).length;
}

async function readPart(pieces: SmallPieces, fileName: string): Promise<unknown> {
  const header = `Content-Disposition: form-data; name="a"${fileName}`;
  const form = await readMultipart(
    CONTENT_TYPE,
    pieces.between(`--${BOUNDARY}\r\n${header}\r\n\r\n`, `\r\n--${BOUNDARY}--\r\n`),
  );
  return form.get('a')?.length ?? form.file('a')?.size;
}

test.for<[what: string, read: Read]>([
  ['a body', readWhole],
  ['a field', (pieces) => readPart(pieces, '')],
  ['a file', (pieces) => readPart(pieces, '; filename="b"')],
])('%s in pieces of one byte takes little more than its bytes', async ([, read]) => {
  withSettings({});
  const pieces = new SmallPieces();
  expect(await read(pieces)).toBe(COUNT);
  expect(pieces.keptBytes).toBeLessThan(KEPT_BYTES_MAX);
});
