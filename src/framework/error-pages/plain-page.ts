import { reasonPhraseOf } from '../../http/status.ts';
import { html } from '../html.ts';
import type { HttpRequest } from '../request.ts';
import type { HttpResponse } from '../response.ts';
import { settings } from '../settings.ts';
import { pageResponse } from './page.ts';

/** What a visitor sees of an error: its kind and the request's id; under DEBUG the message too. */
export function plainPage(request: HttpRequest, error: Error, status: number): HttpResponse {
  const reason = reasonPhraseOf(status);
  const content = html`<main class="plain">
    <p class="status">${status}</p>
    <h1>${reason}</h1>
    <p>${sentence(status)}</p>
    ${settings.DEBUG && html`<p class="message">${error.message}</p>`}
    <p class="id">Request <code>${request.id}</code></p>
  </main>`;
  return pageResponse({ title: `${status} ${reason}`, content }, status);
}

function sentence(status: number): string {
  return SENTENCES.get(status) ?? (status >= 500 ? FAULT : 'The request cannot be answered.');
}

const FAULT = 'Something went wrong on our side.';

const SENTENCES = new Map([
  [400, 'The request could not be understood.'],
  [403, 'You may not see this page.'],
  [404, 'There is nothing at this address.'],
  [405, 'This address does not take requests of this kind.'],
  [413, 'That was more than this address takes.'],
  [415, 'This address does not take data of this kind.'],
  [503, 'The service is busy. Please try again in a moment.'],
]);
