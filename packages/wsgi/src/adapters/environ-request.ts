import { fieldFacts, joinField, splitTarget } from '../environ.ts';
import type { CgiName } from '../headers.ts';
import type { Environ, HeaderList } from '../types.ts';
import { quote, unquote } from '../url.ts';

/** The request target below the mount point, as it came where that is known: origin-form or `*`. */
export function targetOf(environ: Environ): string {
  const { PATH_INFO, QUERY_STRING, RAW_URI = '' } = environ;
  if (RAW_URI === '*' && PATH_INFO === '') return RAW_URI;
  const path = pathBelowMount(splitTarget(RAW_URI).path, environ) ?? quote(PATH_INFO);
  const isAsked = QUERY_STRING !== '' || RAW_URI.endsWith('?');
  return (path || '/') + (isAsked ? `?${QUERY_STRING}` : '');
}

/** Of the path as it came, unless a middleware has changed what it says. */
function pathBelowMount(path: string, { SCRIPT_NAME, PATH_INFO }: Environ): string | undefined {
  const decoded = unquote(path);
  // A proxy may have taken the mount point away already.
  if (decoded === PATH_INFO) return path;
  if (decoded !== SCRIPT_NAME + PATH_INFO) return undefined;
  const bytes = path.match(ENCODED_BYTE) ?? [];
  return bytes.slice(SCRIPT_NAME.length).join('');
}

// pct-encoded (RFC 3986 §2.1), or any other character: one byte of the path
const ENCODED_BYTE = /%[0-9A-Fa-f]{2}|[^]/g;

/** The header fields of the request as they came; where a middleware has changed one, as environ has it. */
export function fieldLinesOf(environ: Environ): HeaderList {
  const came = (environ['gateway.field_lines']?.() ?? []).map(([name, value]) =>
    fieldFacts(name, value),
  );
  const told: Record<string, string> = {};
  for (const { key, value } of came) {
    if (key !== undefined) told[key] = joinField(key, told[key], value);
  }
  const lines: HeaderList = [];
  for (const { key, sent, value } of came) {
    if (key !== undefined && told[key] === environ[key]) lines.push([sent, value]);
  }
  for (const key of Object.keys(environ)) {
    if (isField(key) && told[key] !== environ[key]) addChanged(lines, key, environ[key]);
  }
  return lines;
}

function isField(key: string): key is CgiName {
  return key.startsWith('HTTP_') || key === 'CONTENT_TYPE' || key === 'CONTENT_LENGTH';
}

/** In lower case, as nobody sent it. */
function addChanged(lines: HeaderList, key: CgiName, value: string | undefined): void {
  const name = key
    .replace(/^HTTP_/, '')
    .toLowerCase()
    .replaceAll('_', '-');
  const isThere = value !== undefined && (value !== '' || key.startsWith('HTTP_'));
  if (isThere) lines.push([name, value]);
}

/** Whether the head announces a body (RFC 9112 §6), which may still turn out to be empty. */
export function hasBody({ CONTENT_LENGTH, HTTP_TRANSFER_ENCODING }: Environ): boolean {
  return Number(CONTENT_LENGTH) > 0 || HTTP_TRANSFER_ENCODING !== undefined;
}
