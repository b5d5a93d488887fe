import type { UploadFolder } from './upload-folder.ts';
import type { UploadedFile } from './uploaded-file.ts';

/** A file with the name of its field. */
export interface Upload {
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
