import { inspect } from 'node:util';
import { stdSerializers } from 'pino';

/** Stands for every secret, wherever it would be shown or logged. */
export const MASK = '********';

// Django's, with the names of headers, cookies and clouds; an author is no secret.
// Whether what has this name (a setting, a variable, a header, a field) is nobody else's to read.
const SECRET_NAME =
  /SECRET|PASS|PWD|TOKEN|KEY|API|AUTH(?!OR(?!I))|SIGNATURE|CREDENTIAL|COOKIES?$|SESSION_?ID|(?:CLIENT|SSL)[_-]?CERT|^sig$/i;
// In a query, where a field of an error says what it is: `ECONNREFUSED`.
const SECRET_FIELD = /^(?:code|sid)$/i;

/** A setting's value as text on one line, without what its name, a name in it or its form says is a secret. */
export function showSetting(name: string, value: unknown): string {
  return maskText(inspect(masked(name, value, 0), ON_ONE_LINE));
}

/** A header, a field of a query or a variable, without what its name or its form says is a secret. */
export function showText(name: string, text: string): string {
  return isSecret(name, text) || (text !== '' && SECRET_FIELD.test(name)) ? MASK : maskQuery(text);
}

/**
 * The fields of a log line as they may be written: without those that are secret by their names,
 * however deep; an error with its type, message, stack and fields.
 */
export function maskFields(value: object, depth = 0): Record<string, unknown> {
  const names = Object.keys(value).slice(0, MOST_FIELDS);
  return Object.fromEntries(names.map((name) => [name, maskField(value, name, depth + 1)]));
}

/** A line of JSON without what is a secret by its form, which errors quote. */
export function maskLine(json: string): string {
  return MAY_HOLD_SECRET.test(json)
    ? json.replaceAll(JSON_STRING, (_, text: string) => `"${maskText(text)}"`)
    : json;
}

/** Text without what is a secret by its form: credentials in URLs, as `postgres://app:hush@db`, JSON Web Tokens, private keys. */
export function maskText(text: string): string {
  if (!MAY_HOLD_SECRET.test(text)) return text;
  return text.replaceAll(PRIVATE_KEY, MASK).replaceAll(TOKEN, MASK).replaceAll(WORD, maskUrl);
}

/** A query, a connection string or text with URLs, without the values of fields that are secret by their names. */
export function maskQuery(text: string): string {
  const rest = maskText(text);
  let shown = '';
  let end = 0;
  for (const { 0: field, 1: before = '', 2: name = '', index } of rest.matchAll(FIELD_NAME)) {
    const start = index + field.length;
    if (start < end || !isSecretField(decodeName(name))) continue;
    const value = /[;\s]/.test(before) ? CONNECTION_VALUE : QUERY_VALUE;
    shown += rest.slice(end, start) + MASK;
    end = start + (value.exec(rest.slice(start))?.[0].length ?? 0);
  }
  return shown + rest.slice(end);
}

const MAY_HOLD_SECRET = /@|\.eyJ|PRIVATE KEY-/;
// JWS Compact Serialization (RFC 7519 §3), whose header and payload begin as JSON objects do in base64url
const TOKEN = /\beyJ[\w-]{1,1024}\.eyJ[\w-]+\.[\w-]*/g;
// textualmsg (RFC 7468 §3), as far as it goes
const PRIVATE_KEY = /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^]*?(?:-----END [A-Z ]{0,40}-----|$)/g;
// string = %x22 *char %x22 (RFC 8259 §7)
const JSON_STRING = /"([^"\\]*(?:\\.[^"\\]*)*)"/g;
const WORD = /\S+/g;
// Without the colon before it, a URL is a mistyped one, with the same password. A file's has none, nor
// has one whose host, and a port, end in a slash: http://site.example:8080/react@19
const CREDENTIALS = /(?<!file:\/?)\/\/(?![^:/?#@]*(?::\d+)?(?:[/?#]|$))/;
const FIELD_NAME = /(^|[?&#;\s])([^=?&#;\s]+)=(?=[^&#\s])/g;
// A field that begins as in a connection string may hold what would end one of a query.
const QUERY_VALUE = /^[^&#\s]*/;
const CONNECTION_VALUE = /^(?:'[^']*'|"[^"]*")?\S*/;

const DEEPEST = 5;
// As pino itself cuts what it writes.
const MOST_FIELDS = 100;
const ON_ONE_LINE = { breakLength: Infinity, compact: true, depth: DEEPEST } as const;

/** Credentials end at the last @: one in a password that nobody encoded does not end it, nor does a slash. */
function maskUrl(word: string): string {
  const end = word.lastIndexOf('@');
  const start = end === -1 ? -1 : word.search(CREDENTIALS);
  return start === -1 || start > end ? word : `${word.slice(0, start)}//${MASK}${word.slice(end)}`;
}

/** What is empty tells nothing, and neither does a switch. */
function isSecret(name: string, value: unknown): boolean {
  if (!value || typeof value === 'boolean' || typeof value === 'function') return false;
  return SECRET_NAME.test(name) && !isEmptyList(value);
}

function isSecretField(name: string): boolean {
  return SECRET_NAME.test(name) || SECRET_FIELD.test(name);
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

/** A copy in which secrets are masked; what it cannot look into is shown by the name of its class. */
function masked(name: string, value: unknown, depth: number): unknown {
  if (isSecret(name, value)) return MASK;
  if (value instanceof URL) return maskQuery(value.href);
  if (typeof value === 'string') return maskQuery(value);
  if (typeof value !== 'object' || value === null || isEmptyList(value)) return value;
  if (value instanceof Date || value instanceof RegExp) return value;
  if (depth === DEEPEST) return placeholder('…');
  if (Array.isArray(value)) return value.map((item) => masked('', item, depth + 1));
  if (value instanceof Map) return new Map(maskedEntries(value.entries(), depth));
  if (!isPlain(value)) return placeholder(`[${value.constructor.name}]`);
  return Object.fromEntries(maskedEntries(Object.entries(value), depth));
}

function maskedEntries(entries: Iterable<readonly [unknown, unknown]>, depth: number) {
  const named = Array.from(entries, ([key, value]) => [String(key), value] as const);
  return named.map(([name, value]) => [name, masked(name, value, depth + 1)] as const);
}

export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function placeholder(text: string): object {
  return { [inspect.custom]: () => text };
}

/** A field may be read by a function that throws; a line is written all the same. */
function maskField(fields: object, name: string, depth: number): unknown {
  try {
    const value: unknown = Reflect.get(fields, name);
    return isSecret(name, value) ? MASK : plain(value, depth);
  } catch (error) {
    return `[${String(error)}]`;
  }
}

function plain(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > DEEPEST) return Array.isArray(value) ? '[Array]' : '[Object]';
  if (Array.isArray(value)) {
    return value.slice(0, MOST_FIELDS).map((item) => plain(item, depth + 1));
  }
  if (value instanceof Error) return maskFields(stdSerializers.err(value), depth);
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    return plain(value.toJSON(), depth + 1);
  }
  return maskFields(value, depth);
}

function decodeName(name: string): string {
  return [...new URLSearchParams(`${name}=`).keys()][0] ?? name;
}
