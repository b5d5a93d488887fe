import { extname } from 'node:path';
import * as mime from 'mime-types';

/** The Content-Type of a file, from its name. */
export function contentType(name: string): string {
  return mime.contentType(extname(name)) || 'application/octet-stream';
}
