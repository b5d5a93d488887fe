import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, parse } from 'node:path';
import { Readable } from 'node:stream';
import { joinPieces } from '@wsgi/wsgi/input-stream';
import type { Bytes } from '@wsgi/wsgi';
import { writeInto } from '../errors.ts';
import { replaceFile } from '../files/replace-file.ts';
import type { UploadFolder } from './upload-folder.ts';

/** A file with the name of its field. */
interface Upload {
  readonly name: string;
  readonly file: UploadedFile;
}

/** What an HTML form sent: fields and files by name, repeats in their order. */
export class Form {
  readonly fields: URLSearchParams;
  readonly uploads: readonly Upload[];
  readonly #folder: UploadFolder | undefined;

  constructor(fields: URLSearchParams, uploads: readonly Upload[] = [], folder?: UploadFolder) {
    this.fields = fields;
    this.uploads = uploads;
    this.#folder = folder;
  }

  /** The first value of a field, null where there is none. */
  get(name: string): string | null {
    return this.fields.get(name);
  }

  getAll(name: string): string[] {
    return this.fields.getAll(name);
  }

  has(name: string): boolean {
    return this.fields.has(name);
  }

  /** The first file of a name, undefined where none was chosen. */
  file(name: string): UploadedFile | undefined {
    return this.uploads.find((upload) => upload.name === name)?.file;
  }

  files(name: string): readonly UploadedFile[] {
    return this.uploads.filter((upload) => upload.name === name).map(({ file }) => file);
  }

  /** Removes what is on the disk and was not moved. */
  async removeFiles(): Promise<void> {
    await this.#folder?.remove();
  }
}

/** A file of a form, in memory or on the disk until the response is complete. */
export class UploadedFile {
  /** The client's name for it, without folders and control characters. Not unique, never a path. */
  readonly name: string;
  /** The client's word. */
  readonly contentType: string;
  /** In bytes. */
  readonly size: number;
  #place: readonly Bytes[] | string;

  /** @param place the content in pieces, or the path where it is. */
  constructor(name: string, contentType: string, size: number, place: readonly Bytes[] | string) {
    this.name = name;
    this.contentType = contentType;
    this.size = size;
    this.#place = place;
  }

  async bytes(): Promise<Bytes> {
    if (typeof this.#place === 'string') return readFile(this.#place);
    const bytes = joinPieces(this.#place);
    this.#place = [bytes];
    return bytes;
  }

  stream(): Readable {
    return typeof this.#place === 'string'
      ? createReadStream(this.#place)
      : Readable.from(this.#place, { objectMode: false });
  }

  /**
   * Keeps it at a path of yours, in the place of what is there. Do not make the path from `name`.
   *
   * @throws {HttpError} 503 where there is no room for it: what was there stays.
   */
  async moveTo(path: string): Promise<void> {
    const place = this.#place;
    await writeInto(dirname(path), () =>
      typeof place === 'string'
        ? move(place, path)
        : replaceFile(path, (unfinished) => writeFile(unfinished, place)),
    );
    this.#place = path;
  }

  /**
   * Keeps it in a folder, under its own name or one like it that no file has there; gives the path.
   *
   * @throws {HttpError} as `moveTo`
   */
  async moveInto(folder: string): Promise<string> {
    const path = await writeInto(folder, () => reserve(folder, this.name));
    try {
      await this.moveTo(path);
      return path;
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
  }
}

/** An empty file of this name, or of one like it that no file has. */
async function reserve(folder: string, name: string): Promise<string> {
  const { name: stem, ext } = parse(name.replace(/^\.+/, '') || 'file');
  for (let candidate = stem + ext; ; candidate = `${stem}_${randomUUID().slice(0, 8)}${ext}`) {
    const path = join(folder, candidate);
    try {
      await (await open(path, 'wx')).close();
      return path;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** The last part of a file's name as a client gave it, `''` where nothing of it can stand. */
export function safeFileName(name: string): string {
  const basename = name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);
  const visible = basename.replaceAll(NOT_IN_NAME, '').trim();
  return visible === '.' || visible === '..' ? '' : shorten(visible).toWellFormed();
}

const NAME_MAX_CHARACTERS = 255;

/** Keeps the extension, which says more than the end of the rest. */
function shorten(name: string): string {
  if (name.length <= NAME_MAX_CHARACTERS) return name;
  const extension = /\.[^.]{1,32}$/.exec(name)?.[0] ?? '';
  return name.slice(0, NAME_MAX_CHARACTERS - extension.length) + extension;
}

async function move(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    await replaceFile(to, (unfinished) => copyFile(from, unfinished));
  }
}

// Control characters, and those that turn the direction of writing around.
// oxlint-disable-next-line no-control-regex
const NOT_IN_NAME = /[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
