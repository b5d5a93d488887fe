import { stdSerializers } from 'pino';

const CENSOR = '[Redacted]';

// As pino itself cuts what it writes.
const DEEPEST = 5;
const MOST_FIELDS = 100;

const SECRET_NAMES = [
  'access_token',
  'api_key',
  'authorization',
  'client_secret',
  'cookie',
  'passwd',
  'password',
  'proxy-authorization',
  'refresh_token',
  'secret',
  'SECRET_KEY',
  'set-cookie',
  'token',
  'x-api-key',
  'x-auth-token',
];

const SECRETS: ReadonlySet<string> = new Set(SECRET_NAMES.map(fold));

/**
 * The fields of a log line as they may be written: without the values of those that are secret by
 * their names, however deep; an error with its type, message, stack and fields.
 */
export function redactFields(fields: object): Record<string, unknown> {
  return redactEach(fields, 0);
}

/** A line of JSON without the passwords of URLs in it, which errors quote. */
export function redactPasswords(line: string): string {
  return line.replace(URL_PASSWORD, CENSOR);
}

// userinfo = user ":" password (RFC 3986 §3.2.1); in ://host:port/@name there is none
const URL_PASSWORD = /(?<=\/\/[^\s"/:@]{0,256}:)(?!\d+\/)[^\s"]{0,256}(?=@)/g;

function redact(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > DEEPEST) return Array.isArray(value) ? '[Array]' : '[Object]';
  if (Array.isArray(value)) {
    return value.slice(0, MOST_FIELDS).map((item) => redact(item, depth + 1));
  }
  if (value instanceof Error) return redactEach(stdSerializers.err(value), depth);
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    return redact(value.toJSON(), depth + 1);
  }
  return redactEach(value, depth);
}

function redactEach(value: object, depth: number): Record<string, unknown> {
  const fields = Object.keys(value)
    .slice(0, MOST_FIELDS)
    .map((name) => [name, isSecret(name) ? CENSOR : redactField(value, name, depth + 1)]);
  return Object.fromEntries(fields);
}

/** A field may be read by a function that throws; a line is written all the same. */
function redactField(value: object, name: string, depth: number): unknown {
  try {
    return redact(Reflect.get(value, name), depth);
  } catch (error) {
    return `[${String(error)}]`;
  }
}

function isSecret(name: string): boolean {
  return SECRETS.has(fold(name));
}

/** `access_token`, `accessToken` and `Access-Token` are one name. */
function fold(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, '');
}
