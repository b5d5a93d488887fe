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
  const lines = (environ['gateway.field_lines']?.() ?? []).map(([name, value]) =>
    fieldFacts(name, value),
  );
  const told = new Map<CgiName, string>();
  for (const { key, value } of lines) {
    if (key !== undefined) told.set(key, joinField(key, told.get(key), value));
  }
  const kept = lines.flatMap(({ key, sent, value }): HeaderList => {
    const isKept = key !== undefined && told.get(key) === environ[key];
    return isKept ? [[sent, value]] : [];
  });
  return [...kept, ...changedFields(environ, told)];
}

/** Their names in lower case: nobody sent them. */
function changedFields(environ: Environ, told: ReadonlyMap<string, string>): HeaderList {
  return Object.entries(environ).flatMap(([key, value]): HeaderList => {
    if (typeof value !== 'string' || told.get(key) === value) return [];
    const name = fieldName(key);
    const isThere = name !== undefined && (value !== '' || key.startsWith('HTTP_'));
    return isThere ? [[name, value]] : [];
  });
}

/** `x-request-id` of `HTTP_X_REQUEST_ID`. */
function fieldName(key: string): string | undefined {
  const isContent = key === 'CONTENT_TYPE' || key === 'CONTENT_LENGTH';
  const name = key.startsWith('HTTP_') ? key.slice('HTTP_'.length) : isContent ? key : undefined;
  return name?.toLowerCase().replaceAll('_', '-');
}

/** Whether the head announces a body (RFC 9112 §6), which may still turn out to be empty. */
export function hasBody({ CONTENT_LENGTH, HTTP_TRANSFER_ENCODING }: Environ): boolean {
  return Number(CONTENT_LENGTH) > 0 || HTTP_TRANSFER_ENCODING !== undefined;
}
