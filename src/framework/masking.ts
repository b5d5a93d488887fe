import { inspect } from 'node:util';

export const MASK = '********';

const SECRET_NAME = /SECRET|PASS|TOKEN|KEY|API|AUTH(?!OR(?!I))|SIGNATURE|CREDENTIAL|COOKIE$/i;
// Without the colon before it, a URL is a mistyped one, with the same password. A file's has none.
const URL_REST = /(?<!file:\/?)\/\/\S+/g;
const FIELD_NAME = /(^|[?&#;\s])([^=?&#;\s]+)=(?=[^&#\s])/g;
// A field that begins as in a connection string may hold what would end one of a query.
const QUERY_VALUE = /^[^&#\s]*/;
const CONNECTION_VALUE = /^(?:'[^']*'|"[^"]*")?\S*/;
const DEEPEST = 5;
const ON_ONE_LINE = { breakLength: Infinity, compact: true, depth: DEEPEST } as const;

/** Whether what has this name (a setting, a header, a field) is nobody else's to read. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/** A setting's value as text on one line, without what its name, a name in it or its form says is a secret. */
export function showSetting(name: string, value: unknown): string {
  return maskUrls(inspect(masked(name, value, 0), ON_ONE_LINE));
}

/**
 * Text without the credentials of the URLs in it: `postgres://app:hush@db`. They end at the last @:
 * one in a password that nobody encoded does not end it, nor does a slash.
 */
export function maskUrls(text: string): string {
  return text.replaceAll(URL_REST, (rest) => {
    const at = rest.lastIndexOf('@');
    return at === -1 ? rest : `//${MASK}${rest.slice(at)}`;
  });
}

/** A query, a connection string or text with URLs, without the values of fields that are secret by their names. */
export function maskQuery(text: string): string {
  const rest = maskUrls(text);
  let shown = '';
  let end = 0;
  for (const { 0: field, 1: before = '', 2: name = '', index } of rest.matchAll(FIELD_NAME)) {
    const start = index + field.length;
    if (start < end || !isSecretName(decodeName(name))) continue;
    const value = /[;\s]/.test(before) ? CONNECTION_VALUE : QUERY_VALUE;
    shown += rest.slice(end, start) + MASK;
    end = start + (value.exec(rest.slice(start))?.[0].length ?? 0);
  }
  return shown + rest.slice(end);
}

/** A copy in which secrets are masked; what it cannot look into is shown by the name of its class. */
function masked(name: string, value: unknown, depth: number): unknown {
  if (typeof value === 'boolean' || typeof value === 'function' || !value) return value;
  if (Array.isArray(value) && value.length === 0) return value;
  if (isSecretName(name)) return MASK;
  if (value instanceof URL) return maskQuery(value.href);
  if (typeof value === 'string') return maskQuery(value);
  if (typeof value !== 'object' || value instanceof Date || value instanceof RegExp) return value;
  if (depth === DEEPEST) return placeholder('…');
  if (Array.isArray(value)) return value.map((item) => masked('', item, depth + 1));
  if (value instanceof Map) return new Map(maskedEntries(value.entries(), depth));
  if (!isPlain(value)) return placeholder(`[${value.constructor.name}]`);
  return Object.fromEntries(maskedEntries(Object.entries(value), depth));
}

function maskedEntries(
  entries: Iterable<readonly [unknown, unknown]>,
  depth: number,
): (readonly [string, unknown])[] {
  return Array.from(entries, ([key, value]) => [
    String(key),
    masked(String(key), value, depth + 1),
  ]);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function placeholder(text: string): object {
  return { [inspect.custom]: () => text };
}

function decodeName(name: string): string {
  return [...new URLSearchParams(`${name}=`).keys()][0] ?? name;
}
