import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CollectedBytes } from '@wsgi/wsgi/input-stream';
import type { Bytes } from '@wsgi/wsgi';
import { writeInto } from '../errors.ts';
import { uploadPrefix } from './abandoned-uploads.ts';

/** Where the files of one form are: in memory up to a limit for all of them, then in a folder of their own. */
export class UploadFolder {
  readonly parent: string;
  readonly #files: IncomingFile[] = [];
  /** How much more may be kept in memory. */
  freeBytes: number;
  #path: string | undefined;
  #openedCount = 0;

  /** @param parent the folder that it is made in, `null` for the system's own. */
  constructor(parent: string | null, memoryBytes: number) {
    this.parent = parent ?? tmpdir();
    this.freeBytes = memoryBytes;
  }

  add(): IncomingFile {
    const file = new IncomingFile(this);
    this.#files.push(file);
    return file;
  }

  /** Removes the folder with all that is in it. */
  async remove(): Promise<void> {
    for (const file of this.#files) await file.close();
    if (this.#path !== undefined) await rm(this.#path, { recursive: true, force: true });
  }

  /** Nobody else can look into the folder. */
  async openFile(): Promise<OpenFile> {
    this.#path ??= await mkdtemp(join(this.parent, uploadPrefix()));
    const path = join(this.#path, String((this.#openedCount += 1)));
    return { handle: await open(path, 'wx'), path };
  }
}

interface OpenFile {
  readonly handle: FileHandle;
  readonly path: string;
}

/** A file that is taken in piece by piece. */
export class IncomingFile {
  /** In bytes. */
  size = 0;
  readonly #folder: UploadFolder;
  #held = new CollectedBytes();
  #onDisk: OpenFile | undefined;

  constructor(folder: UploadFolder) {
    this.#folder = folder;
  }

  /** The content in pieces, or the path where it is. */
  get place(): readonly Bytes[] | string {
    return this.#onDisk?.path ?? this.#held.pieces();
  }

  /** @throws {DiskFull} where there is no room for it. */
  async append(piece: Bytes): Promise<void> {
    this.size += piece.length;
    if (!this.#onDisk && piece.length <= this.#folder.freeBytes) {
      this.#folder.freeBytes -= piece.length;
      this.#held.append(piece);
      return;
    }
    await writeInto(this.#folder.parent, async () => {
      const { handle } = this.#onDisk ?? (await this.#spill());
      await handle.appendFile(piece);
    });
  }

  async close(): Promise<void> {
    await this.#onDisk?.handle.close();
  }

  /** Opens a file with what was held in memory. */
  async #spill(): Promise<OpenFile> {
    const opened = await this.#folder.openFile();
    // Where the disk is full it is still to be closed: one that is left to the garbage ends the process.
    this.#onDisk = opened;
    const held = this.#held.bytes();
    this.#held = new CollectedBytes();
    this.#folder.freeBytes += held.length;
    await opened.handle.appendFile(held);
    return opened;
  }
}
