import { html, type Html } from '../html.ts';
import type { FactTable } from './request-facts.ts';

/** Tables to fold out; short ones are open. */
export function factSections(tables: readonly FactTable[]): Html {
  return html`<section aria-labelledby="facts">
    <h2 id="facts">Request and settings</h2>
    ${tables.map(factTable)}
  </section>`;
}

const MOST_OPEN_FACTS = 12;

function factTable({ title, facts }: FactTable): Html {
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
