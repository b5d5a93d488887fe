import { statusLine } from '../../http/status.ts';
import { inspect } from 'node:util';
import { html, type Html } from '../html.ts';
import { maskUrls } from '../secrets.ts';
import type { HttpRequest } from '../request.ts';
import type { HttpResponse } from '../response.ts';
import { causesOf, faultSections } from './fault.ts';
import { factSections } from './fact-tables.ts';
import { messageOf } from './frames.ts';
import { pageResponse, textResponse, wantsPage } from './page.ts';
import { requestFacts, settingFacts, shownUrl } from './request-facts.ts';

/** The page of a developer: the error with its causes, the request, the settings; never a secret. */
export function technicalPage(request: HttpRequest, error: Error, status: number): HttpResponse {
  if (!wantsPage(request)) return textResponse(technicalText(request, error), status);
  const content = html`${faultHeader(error, statusLine(status), request)}
    <main>
      ${faultSections(error)}${factSections([...requestFacts(request), settingFacts()])}
      <p class="note">
        You see this page because DEBUG is on. Without it there is a plain page, or the project's
        own <code>handler${status}</code>.
      </p>
    </main>`;
  return pageResponse({ title: `${error.name} at ${request.path}`, content }, status);
}

function faultHeader(error: Error, status: string, request: HttpRequest): Html {
  return html`<header>
    <p class="status">${status}</p>
    <h1>${error.name}</h1>
    <p class="message">${maskUrls(messageOf(error)) || 'It has no message.'}</p>
    <p class="request"><b>${request.method}</b> ${shownUrl(request)}</p>
    <p class="id">Request <code>${request.id}</code></p>
  </header>`;
}

function technicalText(request: HttpRequest, error: Error): string {
  const faults = causesOf(error).map((fault) => maskUrls(fault.stack ?? inspect(fault)));
  return `${faults.join('\n\nCaused by ')}\n\n${request.method} ${shownUrl(request)}\nRequest ${request.id}`;
}
