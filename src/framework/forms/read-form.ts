import type { Bytes, Environ } from '../../wsgi/types.ts';
import { variable } from '../../wsgi/environ.ts';
import { UnsupportedMediaType } from '../errors.ts';
import { bodyPieces, decodeBody, parseFields } from '../request-body.ts';
import { settings } from '../settings.ts';
import { Form } from './form.ts';
import { readMultipart } from './multipart.ts';

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
  switch (mediaType(environ)) {
    case 'application/x-www-form-urlencoded':
      return new Form(
        parseFields(decodeBody(await readBody()), settings.DATA_UPLOAD_MAX_NUMBER_FIELDS),
      );
    case 'multipart/form-data':
      return readMultipart(environ.CONTENT_TYPE, body ? [await body] : bodyPieces(environ));
    default:
      throw new UnsupportedMediaType(
        `Content-Type is '${environ.CONTENT_TYPE}': expected application/x-www-form-urlencoded or multipart/form-data.`,
      );
  }
}

/** Whether files of this request may have to be removed after it. */
export function mayHaveFiles(environ: Environ): boolean {
  return variable(environ, 'CONTENT_TYPE') !== '' && mediaType(environ) === 'multipart/form-data';
}

function mediaType(environ: Environ): string | undefined {
  return environ.CONTENT_TYPE.split(';', 1)[0]?.trim().toLowerCase();
}
