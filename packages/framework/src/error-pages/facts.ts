import { html, type Html } from '../html.ts';
import type { HttpRequest } from '../request.ts';
import { isPlain, MASK, showSetting, showText } from '../secrets.ts';
import { settings } from '../settings.ts';

type Fact = readonly [name: string, value: string];

/** Names and values of one kind, without secrets. */
type FactTable = readonly [title: string, facts: readonly Fact[]];

/** All that is known of a request and of what it met, without secrets and without streams. */
export function requestFacts({ environ }: HttpRequest): FactTable[] {
  const entries = Object.entries(environ);
  // Read from environ: a query that cannot be read may be what the error is about.
  const query = [...new URLSearchParams(environ.QUERY_STRING)];
  const cookies = (environ['HTTP_COOKIE'] ?? '').split(';');
  return [
    ['Query', query.map(([name, value]) => [name, showText(name, value)])],
    ['Headers', entries.flatMap(headerFact)],
    ['Cookies', cookies.flatMap(cookieFact)],
    ['Environ', entries.flatMap(environFact)],
  ];
}

export function settingFacts(): FactTable {
  const facts = Object.entries(settings).map(
    ([name, value]) => [name, showSetting(name, value)] as const,
  );
  return ['Settings', facts.toSorted(([a], [b]) => (a < b ? -1 : 1))];
}

/** Tables to fold out; short ones are open. */
export function factSections(tables: readonly FactTable[]): Html {
  return html`<section aria-labelledby="facts">
    <h2 id="facts">Request and settings</h2>
    ${tables.map(factTable)}
  </section>`;
}

const MOST_OPEN_FACTS = 12;

function factTable([title, facts]: FactTable): Html {
  if (facts.length === 0) return html`<p class="none">${title} <span class="count">none</span></p>`;
  const isOpen = facts.length <= MOST_OPEN_FACTS;
  return html`<details class="facts" ${isOpen ? 'open' : ''}>
    <summary>${title} <span class="count">${facts.length}</span></summary>
    <dl>
      ${facts.map(
        ([name, value]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div> `,
      )}
    </dl>
  </details>`;
}

function headerFact([key, value]: [string, unknown]): Fact[] {
  if (!key.startsWith('HTTP_') || typeof value !== 'string') return [];
  return [[headerName(key), showText(key, value)]];
}

/** What a cookie is for is in its name; its value may let someone in. */
function cookieFact(pair: string): Fact[] {
  const [name = '', ...value] = pair.split('=');
  return value.length > 0 ? [[name.trim(), MASK]] : [];
}

function environFact([key, value]: [string, unknown]): Fact[] {
  if (typeof value === 'string') return [[key, showText(key, value)]];
  if (value === undefined || typeof value === 'function' || STREAMS.has(key)) return [];
  // Of a class of its own, as streams and signals are.
  const isInstance =
    typeof value === 'object' && value !== null && !Array.isArray(value) && !isPlain(value);
  return isInstance ? [] : [[key, showSetting(key, value)]];
}

const STREAMS = new Set(['wsgi.input', 'wsgi.errors']);

/** `HTTP_USER_AGENT` is `User-Agent`. */
function headerName(key: string): string {
  return key
    .slice('HTTP_'.length)
    .toLowerCase()
    .replaceAll(/(?:^|_)[a-z]/g, (start) => start.replace('_', '-').toUpperCase());
}
