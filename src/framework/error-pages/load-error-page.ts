import { statusLine } from '../../http/status.ts';
import type { Application } from '../../wsgi/types.ts';
import { asError } from '../errors.ts';
import { html, type Html } from '../html.ts';
import { maskUrls } from '../secrets.ts';
import { faultSections } from './fault.ts';
import { messageOf } from './frames.ts';
import { pageResponse } from './page.ts';

const REFRESH_SECONDS = 2;

/** An application that answers each request with what keeps the project from loading. */
export function loadErrorPage(thrown: unknown): Application {
  const error = asError(thrown);
  const page = {
    title: 'The project cannot be loaded',
    content: content(error),
    refreshSeconds: REFRESH_SECONDS,
  };
  return (_environ, startResponse) => {
    const response = pageResponse(page, 500);
    startResponse(statusLine(response.status), response.headers.list);
    return response.body;
  };
}

function content(error: Error): Html {
  return html`<header>
      <p class="status">The project cannot be loaded</p>
      <h1>${error.name}</h1>
      <p class="message">${maskUrls(messageOf(error))}</p>
    </header>
    <main>
      ${faultSections(error)}
      <p class="note">Mend it and save: this page looks for it every ${REFRESH_SECONDS} seconds.</p>
    </main>`;
}
