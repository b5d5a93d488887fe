import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import type { Bytes } from '../../wsgi/types.ts';
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

const brotliBytes: (content: Bytes) => Promise<Bytes> = promisify(brotliCompress);
const gzipBytes = promisify(gzip) as (content: Bytes, options: object) => Promise<Bytes>;

export const CODINGS: readonly Coding[] = [
  // Without options, brotli is at its best.
  { name: 'br', extension: '.br', compress: (content) => brotliBytes(content) },
  { name: 'gzip', extension: '.gz', compress: (content) => gzipBytes(content, { level: 9 }) },
];

/** The content in one coding, and what its file's name ends in. */
export interface Variant {
  readonly extension: string;
  readonly content: Bytes;
}

/** A variant that is larger, in parts of the original, is not worth a file. */
const LARGEST_SHARE = 0.95;

/** The variants of a file that are small enough to keep. */
export async function compress(name: string, content: Bytes): Promise<readonly Variant[]> {
  if (!COMPRESSIBLE.test(contentType(name))) return [];
  const variants = await Promise.all(
    CODINGS.map(async (coding) => ({
      extension: coding.extension,
      content: await coding.compress(content),
    })),
  );
  return variants.filter((variant) => variant.content.length <= content.length * LARGEST_SHARE);
}

// Images, sound, films and web fonts are compressed already, most of them.
const COMPRESSIBLE =
  /^(?:text\/|application\/(?:javascript|json|manifest\+json|wasm|xml|vnd\.ms-fontobject)|[^;]+\+(?:json|xml)|font\/(?:otf|ttf|collection)|image\/(?:bmp|vnd\.microsoft\.icon|x-icon))/;
