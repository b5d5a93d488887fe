import { createReadStream } from 'node:fs';
import type { ByteRange } from '../../http/ranges.ts';
import type { Bytes } from '../../wsgi/types.ts';

/** The bytes of a file from the first to the last one of the range. Opened when they are asked for, closed with the loop. */
export async function* openFile(path: string, { first, last }: ByteRange): AsyncGenerator<Bytes> {
  yield* createReadStream(path, { start: first, end: last }) as AsyncIterable<Bytes>;
}
