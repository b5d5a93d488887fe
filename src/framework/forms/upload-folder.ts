import { mkdtemp, open, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bytes } from '../../wsgi/types.ts';

/** Where the files of one form are: in memory up to a limit for all of them, then in a folder of their own. */
export class UploadFolder {
  readonly #parent: string;
  #freeBytes: number;
  #folder: Promise<string> | undefined;
  #fileCount = 0;

  constructor(parent: string, memoryBytes: number) {
    this.#parent = parent;
    this.#freeBytes = memoryBytes;
  }

  /** Takes a file in, piece by piece; gives its size, and its content or its path. */
  async store(pieces: AsyncIterable<Bytes>): Promise<{ size: number; place: Bytes | string }> {
    const held: Bytes[] = [];
    let size = 0;
    let file: { handle: FileHandle; path: string } | undefined;
    try {
      for await (const piece of pieces) {
        size += piece.length;
        if (!file && this.#takeMemory(piece.length)) {
          held.push(piece);
          continue;
        }
        file ??= await this.#spill(held);
        await file.handle.appendFile(piece);
      }
    } finally {
      await file?.handle.close();
    }
    return { size, place: file?.path ?? Buffer.concat(held) };
  }

  /** Removes the folder with all that is in it. */
  async remove(): Promise<void> {
    const folder = await this.#folder?.catch(() => undefined);
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }

  #takeMemory(bytes: number): boolean {
    if (bytes > this.#freeBytes) return false;
    this.#freeBytes -= bytes;
    return true;
  }

  /** Opens a file with what was held in memory of it. Nobody else can look into the folder. */
  async #spill(held: Bytes[]): Promise<{ handle: FileHandle; path: string }> {
    this.#folder ??= mkdtemp(join(this.#parent, 'upload-'));
    const path = join(await this.#folder, String((this.#fileCount += 1)));
    const handle = await open(path, 'wx');
    for (const piece of held.splice(0)) {
      await handle.appendFile(piece);
      this.#freeBytes += piece.length;
    }
    return { handle, path };
  }
}
