import { NoPatternMatches } from '../errors.ts';
import { html, type Html } from '../html.ts';
import type { HttpRequest } from '../request.ts';
import type { HttpResponse } from '../response.ts';
import { settings } from '../settings.ts';
import { factSections } from './fact-tables.ts';
import { faultSections } from './fault.ts';
import { pageResponse, textResponse, wantsPage } from './page.ts';
import { requestFacts, shownUrl } from './request-facts.ts';

/** The 404 of a developer: the URL patterns that were tried, or where the view says that nothing is here. */
export function notFoundPage(request: HttpRequest, error: Error): HttpResponse {
  if (!wantsPage(request)) return textResponse(`404 ${error.message}`, 404);
  const content = html`<header>
      <p class="status">404 Not Found</p>
      <h1>${error.message}</h1>
      <p class="request"><b>${request.method}</b> ${shownUrl(request)}</p>
      <p class="id">Request <code>${request.id}</code></p>
    </header>
    <main>
      ${error instanceof NoPatternMatches ? triedPatterns(error) : faultSections(error)}
      ${factSections(requestFacts(request))}
      <p class="note">
        You see this page because DEBUG is on. Without it there is a plain page, or the project's
        own <code>handler404</code>.
      </p>
    </main>`;
  return pageResponse({ title: `Not found: ${request.path}`, content }, 404);
}

function triedPatterns({ tried }: NoPatternMatches): Html {
  return html`<section aria-labelledby="tried">
    <h2 id="tried">Patterns that were tried</h2>
    ${
      tried.length === 0 &&
      html`<p>There are none: <code>${settings.ROOT_URLCONF}</code> has no patterns.</p>`
    }
    <ol class="patterns">
      ${tried.map(
        ({ pattern, name }) =>
          html`<li>
            <code>/${pattern.source}</code>
            ${name !== undefined && html`<span class="place">${name}</span>`}
          </li> `,
      )}
    </ol>
  </section>`;
}
