import type { Body, Bytes, ErrorStream, FileLike } from './types.ts';

const BLOCK_SIZE_BYTES = 64 * 1024;

/** PEP 3333 "Optional Platform-Specific File Handling": a file-like object as a body, block by block. */
export function fileWrapper(file: FileLike, blockSizeBytes: number = BLOCK_SIZE_BYTES): Body {
  return {
    [Symbol.asyncIterator]: () => blocks(file, blockSizeBytes),
    async close() {
      await file.close?.();
    },
  };
}

async function* blocks(file: FileLike, blockSizeBytes: number): AsyncGenerator<Bytes> {
  for (;;) {
    const block = await file.read(blockSizeBytes);
    if (block.length === 0) return;
    yield block;
  }
}

/** `wsgi.errors` of servers without a log of their own. */
export const STANDARD_ERROR: ErrorStream = {
  write(text) {
    process.stderr.write(text);
  },
  writelines(lines) {
    for (const line of lines) process.stderr.write(line);
  },
  flush() {},
};
