import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import type { Bytes } from '@wsgi/wsgi';
import { contentType } from '../files/representation.ts';

/** A content coding that files are compressed with beforehand. */
interface Coding {
  /** As Accept-Encoding has it. */
  readonly name: string;
  /** What the names of the files end in. */
  readonly extension: string;
  /** As small as it gets. */
  readonly compress: (content: Bytes) => Promise<Bytes>;
}

const brotli: Coding['compress'] = promisify(brotliCompress);
const gzipAtLevel = promisify(gzip) as (content: Bytes, options: object) => Promise<Bytes>;

export const CODINGS: readonly Coding[] = [
  // Without options, brotli is at its best.
  { name: 'br', extension: '.br', compress: (content) => brotli(content) },
  { name: 'gzip', extension: '.gz', compress: (content) => gzipAtLevel(content, { level: 9 }) },
];

/** A variant that is larger, in parts of the original, is not worth a file. */
const LARGEST_SHARE = 0.95;

/** The variants of a file that are small enough to keep, each with what its name ends in. */
export async function compress(
  name: string,
  content: Bytes,
): Promise<(readonly [string, Bytes])[]> {
  if (!COMPRESSIBLE.test(contentType(name))) return [];
  const variants = await Promise.all(
    CODINGS.map(async (coding) => [coding.extension, await coding.compress(content)] as const),
  );
  return variants.filter(([, variant]) => variant.length <= content.length * LARGEST_SHARE);
}

// Images, sound, films and web fonts are compressed already, most of them.
const COMPRESSIBLE =
  /^(?:text\/|application\/(?:javascript|json|manifest\+json|wasm|xml|vnd\.ms-fontobject)|[^;]+\+(?:json|xml)|font\/(?:otf|ttf|collection)|image\/(?:bmp|vnd\.microsoft\.icon|x-icon))/;
