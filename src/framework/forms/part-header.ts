import type { Bytes } from '../../wsgi/types.ts';
import { BadRequest } from '../errors.ts';
import { decodeBody } from '../input.ts';
import { safeFileName } from './uploaded-file.ts';

/** What one part of a form says of itself (RFC 7578 §4.2, §4.4). */
export interface PartHeader {
  readonly name: string;
  /** Safe to show; undefined for a field, and `''` for a file that nobody chose. */
  readonly fileName: string | undefined;
  /** `text/plain` where it is not said, or no media type. */
  readonly contentType: string;
}

/** Field names in lower case, values as strings of bytes. */
export type RawPartHeader = Readonly<Record<string, readonly string[] | undefined>>;

/** @throws {BadRequest} where a part has no name, or one that is not UTF-8. */
export function readPartHeader(header: RawPartHeader): PartHeader {
  const parameters = dispositionParameters(header['content-disposition']?.[0] ?? '');
  const name = parameters?.get('name');
  if (name === undefined) {
    throw new BadRequest(
      'A part of the form has no name: expected Content-Disposition: form-data; name="…".',
    );
  }
  const fileName = parameters?.get('filename');
  return {
    name: decodeName(name),
    fileName: fileName === undefined ? undefined : safeFileName(decodeName(fileName)),
    contentType: mediaType(header['content-type']?.[0] ?? ''),
  };
}

function mediaType(contentType: string): string {
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return MEDIA_TYPE.test(type) ? type : 'text/plain';
}

// type "/" subtype, both tokens (RFC 9110 §8.3.1)
const MEDIA_TYPE = /^[!#$%&'*+\-.^_`|~\w]+\/[!#$%&'*+\-.^_`|~\w]+$/;

// disposition = "form-data" *( OWS ";" OWS token "=" ( token / quoted-string ) ) (RFC 6266 §4.1)
const TYPE = /form-data(?![^\s;])/iy;
const PARAMETER = /[ \t]*;[ \t]*([!#$%&'*+\-.^_`|~\w]+)=(?:"([^"\\]*(?:\\.[^"\\]*)*)"|([^\s";]+))/y;

/** By their names in lower case, undefined where the grammar is broken. */
function dispositionParameters(value: string): ReadonlyMap<string, string> | undefined {
  const parameters = new Map<string, string>();
  TYPE.lastIndex = 0;
  if (!TYPE.test(value)) return undefined;
  let end = TYPE.lastIndex;
  while (value.slice(end).trim() !== '') {
    PARAMETER.lastIndex = end;
    const [, name = '', quoted, token = ''] = PARAMETER.exec(value) ?? [];
    if (name === '') return undefined;
    end = PARAMETER.lastIndex;
    parameters.set(name.toLowerCase(), quoted?.replaceAll(/\\(["\\])/g, '$1') ?? token);
  }
  return parameters;
}

/** Browsers percent-encode a quote and a line's end, and nothing else (HTML "Multipart form data"). */
function decodeName(latin1: string): string {
  const bytes: Bytes = Buffer.from(latin1, 'latin1');
  return decodeBody(bytes).replaceAll(/%(?:22|0D|0A)/gi, decodeURIComponent);
}
