import { once } from 'node:events';
import { tmpdir } from 'node:os';
import type { Readable } from 'node:stream';
import { Busboy } from '@fastify/busboy';
import type { BusboyInstance } from '@fastify/busboy';
import type { Bytes } from '../../wsgi/types.ts';
import { BadRequest } from '../errors.ts';
import { tooLarge, tooManyFields } from '../request-body.ts';
import { settings } from '../settings.ts';
import { refuseUnsafeNames } from '../unsafe-names.ts';
import { Form } from './form.ts';
import type { Upload } from './form.ts';
import { UploadFolder } from './upload-folder.ts';
import { safeFileName, UploadedFile } from './uploaded-file.ts';

type Pieces = AsyncIterable<Bytes> | Iterable<Bytes>;

/**
 * A form with files (RFC 7578), read piece by piece; what it left on the disk is removed on failure.
 *
 * @throws {BadRequest} where it is broken, or has too many fields or files.
 * @throws {PayloadTooLarge} where the fields together are larger than DATA_UPLOAD_MAX_MEMORY_SIZE.
 */
export async function readMultipart(contentType: string, body: Pieces): Promise<Form> {
  return new MultipartReader(contentType).read(body);
}

class MultipartReader {
  readonly #parser: BusboyInstance;
  readonly #folder: UploadFolder;
  readonly #fields = new URLSearchParams();
  readonly #streams: Readable[] = [];
  readonly #uploads: Promise<Upload>[] = [];
  readonly #failure = Promise.withResolvers<never>();
  #fieldBytes = 0;

  constructor(contentType: string) {
    this.#folder = new UploadFolder(
      settings.FILE_UPLOAD_TEMP_DIR ?? tmpdir(),
      settings.FILE_UPLOAD_MAX_MEMORY_SIZE,
    );
    this.#parser = createParser(contentType);
    this.#listen();
  }

  async read(body: Pieces): Promise<Form> {
    try {
      for await (const piece of body) await this.#orFailure(this.#write(piece));
      this.#parser.end();
      await this.#orFailure(once(this.#parser, 'finish'));
      const uploads = await this.#orFailure(Promise.all(this.#uploads));
      return new Form(this.#fields, uploads, this.#folder);
    } catch (error) {
      for (const stream of this.#streams) stream.destroy();
      await Promise.allSettled(this.#uploads);
      await this.#folder.remove();
      throw error;
    }
  }

  #listen(): void {
    const { DATA_UPLOAD_MAX_NUMBER_FIELDS, DATA_UPLOAD_MAX_NUMBER_FILES } = settings;
    const refuseFields = () => this.#fail(tooManyFields(DATA_UPLOAD_MAX_NUMBER_FIELDS));
    this.#parser.on('fieldsLimit', refuseFields);
    this.#parser.on('partsLimit', refuseFields);
    this.#parser.on('filesLimit', () => this.#fail(tooManyFiles(DATA_UPLOAD_MAX_NUMBER_FILES)));
    this.#parser.on('error', (error) => this.#fail(broken(error)));
    this.#parser.on('field', (name, value) => this.#addField(name, value));
    this.#parser.on('file', (name, stream, fileName, _encoding, contentType) =>
      this.#addFile(name, stream, safeFileName(fileName), contentType),
    );
    // Whoever waits for anything waits for this too; where nobody does, it is no news.
    this.#failure.promise.catch(() => {});
  }

  #addField(name: string | undefined, value: string): void {
    if (!this.#isSafe(name)) return;
    const limitBytes = settings.DATA_UPLOAD_MAX_MEMORY_SIZE;
    this.#fieldBytes += Buffer.byteLength(name) + Buffer.byteLength(value);
    if (this.#fieldBytes > limitBytes) this.#fail(tooLarge(limitBytes));
    else this.#fields.append(name, value);
  }

  #addFile(
    name: string | undefined,
    stream: Readable,
    fileName: string,
    contentType: string,
  ): void {
    // The parser tells of the same error itself.
    stream.on('error', () => {});
    // A browser sends a part without a file's name where none was chosen.
    if (!this.#isSafe(name) || fileName === '') {
      stream.resume();
      return;
    }
    const upload = this.#folder.store(stream).then(({ size, place }) => ({
      name,
      file: new UploadedFile(fileName, contentType, size, place),
    }));
    upload.catch((error: unknown) => this.#fail(error));
    this.#streams.push(stream);
    this.#uploads.push(upload);
  }

  /** Whether there is a name to keep a part by. What a listener throws would be lost in the parser. */
  #isSafe(name: string | undefined): name is string {
    try {
      refuseUnsafeNames(name === undefined ? [] : [name]);
    } catch (error) {
      this.#fail(error);
    }
    return name !== undefined;
  }

  /** The parser holds its callback back while a file cannot be written as fast as it comes. */
  #write(piece: Bytes): Promise<void> {
    return new Promise((resolve) => {
      this.#parser.write(piece, () => resolve());
    });
  }

  #orFailure<T>(done: Promise<T>): Promise<T> {
    return Promise.race([done, this.#failure.promise]);
  }

  #fail(error: unknown): void {
    this.#failure.reject(error);
  }
}

function createParser(contentType: string): BusboyInstance {
  const fields = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS;
  const files = settings.DATA_UPLOAD_MAX_NUMBER_FILES;
  const limits = { fields, files, parts: fields + files };
  try {
    return new Busboy({
      headers: { 'content-type': contentType },
      // One more than is allowed, so that a value that is cut off is known by its size.
      limits: { ...limits, fieldSize: settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1 },
      isPartAFile: (_name, _type, fileName) => fileName !== undefined,
    });
  } catch (error) {
    throw broken(error);
  }
}

function tooManyFiles(limit: number): BadRequest {
  return new BadRequest(`More than ${limit} files (DATA_UPLOAD_MAX_NUMBER_FILES).`);
}

function broken(error: unknown): BadRequest {
  return new BadRequest('The body is not well-formed multipart/form-data.', { cause: error });
}
