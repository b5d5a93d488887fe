import { inspect } from 'node:util';
import { statusLine } from '@wsgi/wsgi/status';
import type { Application } from '@wsgi/wsgi';
import { asError, HttpError, NoPatternMatches } from '../errors.ts';
import { html, type Html } from '../html.ts';
import { maskQuery, maskText } from '../secrets.ts';
import { HttpRequest } from '../request.ts';
import { settings } from '../settings.ts';
import { factSections, requestFacts, settingFacts } from './facts.ts';
import { causesOf, faultSections, messageOf } from './fault.ts';
import { negotiatedResponse } from './negotiated.ts';
import type { Page } from './page.ts';

/** The page of a developer: the error with its causes, the request, the settings; never a secret. */
export function technicalPage(request: HttpRequest, error: Error, status: number): Page {
  const content = html`<header>
      <p class="status">${statusLine(status)}</p>
      ${faultHeading(error)} ${requestLines(request)}
    </header>
    <main>
      ${faultSections(error)} ${factSections([...requestFacts(request), settingFacts()])}
      ${debugNote(status)}
    </main>`;
  return { title: `${error.name} at ${request.path}`, content };
}

/** The 404 of a developer: the URL patterns that were tried, or where the view says that nothing is here. */
export function notFoundPage(request: HttpRequest, error: Error): Page {
  const content = html`<header>
      <p class="status">${statusLine(404)}</p>
      <h1>${error.message}</h1>
      ${requestLines(request)}
    </header>
    <main>
      ${error instanceof NoPatternMatches ? triedPatterns(error) : faultSections(error)}
      ${factSections([...requestFacts(request), settingFacts()])} ${debugNote(404)}
    </main>`;
  return { title: `Not found: ${request.path}`, content };
}

const REFRESH_SECONDS = 2;

/** An application that answers each request with what keeps the project from loading. */
export function loadErrorPage(thrown: unknown): Application {
  const error = asError(thrown);
  const title = 'The project cannot be loaded';
  const content = html`<header>
      <p class="status">${title}</p>
      ${faultHeading(error)}
    </header>
    <main>
      ${faultSections(error)}
      <p class="note">Mend it and save: this page looks for it every ${REFRESH_SECONDS} seconds.</p>
    </main>`;
  const page = () => ({ title, content, refreshSeconds: REFRESH_SECONDS });
  const told = { status: 500, detail: title, stack: stacksOf(error), page };
  return (environ, startResponse) => {
    const response = negotiatedResponse(new HttpRequest(environ), told);
    startResponse(statusLine(response.status), response.headers.list);
    return response.body;
  };
}

/** The error and its causes as text, and the request. */
export function technicalText(request: HttpRequest, error: Error): string {
  const hint = error instanceof HttpError && error.hint ? `\n${error.hint}\n` : '';
  return `${stacksOf(error)}${hint}\n${request.method} ${maskQuery(request.url)}`;
}

function stacksOf(error: Error): string {
  const faults = causesOf(error).map((fault) => maskText(fault.stack ?? inspect(fault)));
  return `${faults.join('\n\nCaused by ')}\n`;
}

function faultHeading(error: Error): Html {
  return html`<h1>${error.name}</h1>
    <p class="message">${maskText(messageOf(error)) || 'It has no message.'}</p>
    ${error instanceof HttpError && error.hint && html`<p class="message">${error.hint}</p>`}`;
}

function requestLines(request: HttpRequest): Html {
  return html`<p class="request"><b>${request.method}</b> ${maskQuery(request.url)}</p>
    <p class="id">Request <code>${request.id}</code></p>`;
}

function debugNote(status: number): Html {
  return html`<p class="note">
    You see this page because DEBUG is on. Without it there is a plain page, or the project's own
    <code>handler${status}</code>.
  </p>`;
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
