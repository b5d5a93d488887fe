import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { MIMEType } from 'node:util';
import { Dicer } from '@fastify/busboy';
import { parse } from 'content-disposition';
import { CollectedBytes } from '@wsgi/wsgi/input-stream';
import type { Bytes, Environ } from '@wsgi/wsgi';
import { variable } from '@wsgi/wsgi/environ';
import { BadRequest, UnsupportedMediaType } from '../errors.ts';
import {
  bodyPieces,
  decodeBody,
  decodeExactly,
  parseFields,
  refuseUnsafeNames,
  tooLarge,
  tooManyFields,
} from '../input.ts';
import { settings } from '../settings.ts';
import { Base64Decoder } from './base64.ts';
import { Form, safeFileName, UploadedFile } from './form.ts';
import { UploadFolder, type IncomingFile } from './upload-folder.ts';

/**
 * The form that a body holds, in either of the two types that HTML has.
 *
 * @param body what was read of it already, as a whole.
 * @param readBody reads it as a whole, for the type that has no files.
 * @throws {UnsupportedMediaType} for any other type.
 */
export async function readForm(
  environ: Environ,
  body: Promise<Bytes> | undefined,
  readBody: () => Promise<Bytes>,
): Promise<Form> {
  const type = mediaType(environ.CONTENT_TYPE);
  if (type === 'multipart/form-data') {
    return readMultipart(environ.CONTENT_TYPE, body ? [await body] : bodyPieces(environ));
  }
  if (type === 'application/x-www-form-urlencoded') {
    const text = decodeBody(await readBody());
    return new Form(parseFields(text, settings.DATA_UPLOAD_MAX_NUMBER_FIELDS));
  }
  throw new UnsupportedMediaType(
    `Content-Type is '${environ.CONTENT_TYPE}': expected application/x-www-form-urlencoded or multipart/form-data.`,
  );
}

/** Whether files of this request may have to be removed after it. */
export function mayHaveFiles(environ: Environ): boolean {
  const contentType = variable(environ, 'CONTENT_TYPE');
  return contentType !== '' && mediaType(contentType) === 'multipart/form-data';
}

type Pieces = AsyncIterable<Bytes> | Iterable<Bytes>;

/**
 * A form with files (RFC 7578), read piece by piece; what it left on the disk is removed on failure.
 * Names and fields are UTF-8, as browsers send them.
 *
 * @throws {BadRequest} where it is broken, a part has no name, or there are too many fields or files.
 * @throws {PayloadTooLarge} where the fields together are larger than DATA_UPLOAD_MAX_MEMORY_SIZE.
 */
export async function readMultipart(contentType: string, body: Pieces): Promise<Form> {
  return new MultipartReader(contentType).read(body);
}

interface Part {
  /** What the parser has found of its content. */
  readonly stream: Readable;
  header?: PartHeader;
  /** A file's content; undefined for a field, and for a file that nobody chose. */
  file?: IncomingFile;
  readonly field: CollectedBytes;
  readonly base64: Base64Decoder;
}

class MultipartReader {
  readonly #parser: Dicer;
  readonly #finish: Promise<unknown>;
  readonly #folder: UploadFolder;
  readonly #parts: Part[] = [];
  #emptiedCount = 0;
  #fieldBytes = 0;
  #fieldCount = 0;
  #fileCount = 0;

  constructor(contentType: string) {
    this.#folder = new UploadFolder(
      settings.FILE_UPLOAD_TEMP_DIR,
      settings.FILE_UPLOAD_MAX_MEMORY_SIZE,
    );
    this.#parser = createParser(contentType);
    this.#parser.on('part', (stream) => this.#addPart(stream));
    // It may fail with the last piece, before anyone awaits it: that is no unhandled rejection.
    this.#finish = once(this.#parser, 'finish');
    this.#finish.catch(() => {});
  }

  async read(body: Pieces): Promise<Form> {
    try {
      for await (const piece of body) {
        this.#parser.write(piece);
        await this.#takeContent();
      }
      await this.#end();
      return this.#form();
    } catch (error) {
      await this.#folder.remove();
      throw error;
    }
  }

  #addPart(stream: Readable): void {
    this.#requireHeader();
    const part: Part = { stream, field: new CollectedBytes(), base64: new Base64Decoder() };
    this.#parts.push(part);
    // The parser emits the same error itself.
    stream.on('error', () => {});
    stream.once('header', (header: RawPartHeader) => {
      part.header = this.#takeHeader(header);
      if (part.header.fileName) part.file = this.#folder.add();
    });
  }

  #takeHeader(raw: RawPartHeader): PartHeader {
    const header = readPartHeader(raw);
    refuseUnsafeNames([header.name]);
    if (header.fileName === undefined) {
      this.#countFieldBytes(Buffer.byteLength(header.name));
      this.#fieldCount += 1;
    } else {
      this.#fileCount += 1;
    }
    requireNoMore(this.#fieldCount, settings.DATA_UPLOAD_MAX_NUMBER_FIELDS, tooManyFields);
    requireNoMore(this.#fileCount, settings.DATA_UPLOAD_MAX_NUMBER_FILES, tooManyFiles);
    return header;
  }

  /** Takes what the parser has found of each part; only the last one can have more to come. */
  async #takeContent(): Promise<void> {
    for (const part of this.#parts.slice(this.#emptiedCount)) {
      for (let content; (content = part.stream.read() as Bytes | null) !== null;) {
        await this.#keep(part, content);
      }
      if (part !== this.#parts.at(-1)) await part.file?.close();
    }
    this.#emptiedCount = Math.max(0, this.#parts.length - 1);
  }

  async #keep({ header, file, field, base64 }: Part, piece: Bytes): Promise<void> {
    const content = header?.isBase64 ? base64.decode(piece) : piece;
    if (file) {
      await file.append(content);
    } else if (header?.fileName === undefined) {
      this.#countFieldBytes(content.length);
      field.append(content);
    }
  }

  async #end(): Promise<void> {
    this.#parser.end();
    try {
      await this.#finish;
    } catch (error) {
      throw broken(error);
    }
    this.#requireHeader();
    await this.#parts.at(-1)?.file?.close();
  }

  #form(): Form {
    const fields = new URLSearchParams();
    const uploads = [];
    for (const { header, file, field, base64 } of this.#parts) {
      if (!header) continue;
      base64.end();
      const { name, fileName, contentType } = header;
      if (fileName === undefined) fields.append(name, decodeExactly(field.bytes()));
      if (!file || !fileName) continue;
      uploads.push({ name, file: new UploadedFile(fileName, contentType, file.size, file.place) });
    }
    return new Form(fields, uploads, this.#folder);
  }

  /** The parser silently drops a part that ends before its header does. */
  #requireHeader(): void {
    const last = this.#parts.at(-1);
    if (last && !last.header) throw broken('A part ends in its header.');
  }

  #countFieldBytes(bytes: number): void {
    this.#fieldBytes += bytes;
    requireNoMore(this.#fieldBytes, settings.DATA_UPLOAD_MAX_MEMORY_SIZE, tooLarge);
  }
}

function requireNoMore(count: number, limit: number, refusal: (limit: number) => Error): void {
  if (count > limit) throw refusal(limit);
}

/** @throws {BadRequest} where there is no boundary that can be looked for (RFC 7578 §4.1). */
function createParser(contentType: string): Dicer {
  try {
    const boundary = new MIMEType(contentType).params.get('boundary');
    if (!boundary) throw new TypeError(`Content-Type is '${contentType}': expected a boundary.`);
    // The parser never waits for a part to be read: its content is taken after each piece of the body.
    const options = { boundary, partHwm: Number.MAX_SAFE_INTEGER };
    return new Dicer(options);
  } catch (error) {
    throw broken(error);
  }
}

function tooManyFiles(limit: number): BadRequest {
  return new BadRequest(`More than ${limit} files (DATA_UPLOAD_MAX_NUMBER_FILES).`);
}

function broken(cause: unknown): BadRequest {
  return new BadRequest('The body is not well-formed multipart/form-data.', { cause });
}

/** What one part of a form says of itself (RFC 7578 §4.2, §4.4). */
interface PartHeader {
  readonly name: string;
  /** Safe to show; undefined for a field, and `''` for a file that nobody chose. */
  readonly fileName: string | undefined;
  /** `text/plain` where it is not said, or no media type. */
  readonly contentType: string;
  /** By its Content-Transfer-Encoding, which browsers do not send. */
  readonly isBase64: boolean;
}

/** Field names in lower case, values as strings of bytes. */
type RawPartHeader = Readonly<Record<string, readonly string[] | undefined>>;

/** @throws {BadRequest} where a part has no name, or one that is not UTF-8. */
function readPartHeader(header: RawPartHeader): PartHeader {
  const disposition = header['content-disposition']?.[0] ?? '';
  const { type, parameters } = parse(disposition, { multipart: true, extended: false });
  const { name, filename } = parameters as Partial<Record<string, string>>;
  if (type !== 'form-data' || name === undefined) {
    throw new BadRequest(
      'A part of the form has no name: expected Content-Disposition: form-data; name="…".',
    );
  }
  const fileName = filename === undefined ? extendedFileName(disposition) : decodeLatin1(filename);
  const contentType = mediaType(header['content-type']?.[0] ?? '');
  const encoding = header['content-transfer-encoding']?.[0]?.trim().toLowerCase();
  return {
    name: decodeLatin1(name),
    fileName: fileName === undefined ? undefined : safeFileName(fileName),
    contentType: MEDIA_TYPE.test(contentType) ? contentType : 'text/plain',
    isBase64: encoding === 'base64',
  };
}

/** RFC 7578 §4.2 has no `filename*`: a part that has it alone is a file all the same. */
function extendedFileName(disposition: string): string | undefined {
  const { parameters } = parse(disposition, { multipart: true });
  return parameters['filename'] ?? parameters['filename*'];
}

function decodeLatin1(text: string): string {
  return decodeExactly(Buffer.from(text, 'latin1'));
}

function mediaType(contentType: string): string {
  return contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

// type "/" subtype, both tokens (RFC 9110 §8.3.1)
const MEDIA_TYPE = /^[!#$%&'*+\-.^_`|~\w]+\/[!#$%&'*+\-.^_`|~\w]+$/;
