import { isSecretName, MASK, maskQuery, showSetting } from '../masking.ts';
import type { HttpRequest } from '../request.ts';
import { settings } from '../settings.ts';

export type Fact = readonly [name: string, value: string];

/** Names and values of one kind, without secrets. */
export interface FactTable {
  readonly title: string;
  readonly facts: readonly Fact[];
}

/** All that is known of a request and of what it met, without secrets and without streams. */
export function requestFacts(request: HttpRequest): FactTable[] {
  const { environ } = request;
  return [
    { title: 'Query', facts: queryFacts(request) },
    { title: 'Headers', facts: headerFacts(request) },
    { title: 'Cookies', facts: cookieFacts(request) },
    { title: 'Environ', facts: Object.entries(environ).flatMap(environFact) },
  ];
}

export function settingFacts(): FactTable {
  const facts = Object.entries(settings).map(
    ([name, value]) => [name, showSetting(name, value)] as const,
  );
  return { title: 'Settings', facts: facts.toSorted(([a], [b]) => (a < b ? -1 : 1)) };
}

/** The URL without secrets, also where the Host that it begins with is not allowed. */
export function shownUrl(request: HttpRequest): string {
  return maskQuery(request.url);
}

/** Read from environ: a query that cannot be read may be what the error is about. */
function queryFacts({ environ }: HttpRequest): Fact[] {
  return Array.from(new URLSearchParams(environ.QUERY_STRING), ([name, value]) => [
    name,
    shownText(name, value),
  ]);
}

function headerFacts({ environ }: HttpRequest): Fact[] {
  return Object.entries(environ).flatMap(([key, value]) => {
    if (!key.startsWith('HTTP_') || typeof value !== 'string') return [];
    return [[headerName(key), shownText(key, value)]];
  });
}

/** What a cookie is for is in its name; its value may let someone in. */
function cookieFacts({ environ }: HttpRequest): Fact[] {
  return (environ['HTTP_COOKIE'] ?? '').split(';').flatMap((pair) => {
    const [name = '', ...value] = pair.split('=');
    return value.length > 0 ? [[name.trim(), MASK]] : [];
  });
}

function environFact([key, value]: [string, unknown]): Fact[] {
  if (typeof value === 'string') return [[key, shownText(key, value)]];
  if (value === undefined || typeof value === 'function' || STREAMS.has(key)) return [];
  return !isInstance(value) ? [[key, showSetting(key, value)]] : [];
}

const STREAMS = new Set(['wsgi.input', 'wsgi.errors']);

function shownText(name: string, value: string): string {
  return value !== '' && isSecretName(name) ? MASK : maskQuery(value);
}

/** Of a class of its own, as streams and signals are. */
function isInstance(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.getPrototypeOf(value) !== Object.prototype;
}

/** `HTTP_USER_AGENT` is `User-Agent`. */
function headerName(key: string): string {
  return key
    .slice('HTTP_'.length)
    .toLowerCase()
    .replaceAll(/(?:^|_)[a-z]/g, (start) => start.replace('_', '-').toUpperCase());
}
