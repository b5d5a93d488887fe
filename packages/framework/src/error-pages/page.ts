import { hash } from 'node:crypto';
import { reasonPhraseOf } from '@wsgi/wsgi/status';
import { html, raw, type Html } from '../html.ts';
import type { HttpRequest } from '../request.ts';
import { htmlResponse, type HttpResponse } from '../response.ts';
import { settings } from '../settings.ts';

/** What an error page is made of. */
export interface Page {
  readonly title: string;
  readonly content: Html;
  /** Loads the page again after so many seconds, until what is broken is mended. */
  readonly refreshSeconds?: number;
}

/** A page that carries all it needs, under a policy that allows its style and nothing else. */
export function pageResponse(page: Page, status: number): HttpResponse {
  const headers = {
    'Content-Security-Policy': POLICY,
    'Cache-Control': 'no-store',
    ...(page.refreshSeconds && { Refresh: String(page.refreshSeconds) }),
  };
  return htmlResponse(document(page), { status, headers });
}

/** What a visitor sees of an error: its kind and the request's id; under DEBUG, and of a form, the message too. */
export function plainPage(request: HttpRequest, error: Error, status: number): Page {
  const reason = reasonPhraseOf(status);
  const content = html`<main class="plain">
    <p class="status">${status}</p>
    <h1>${reason}</h1>
    <p>${sentenceFor(status)}</p>
    ${(settings.DEBUG || status === 422) && html`<p class="message">${error.message}</p>`}
    <p class="id">Request <code>${request.id}</code></p>
  </main>`;
  return { title: `${status} ${reason}`, content };
}

/** Says what happened to whoever knows nothing of it. */
export function sentenceFor(status: number): string {
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
  [422, 'Some of what was sent is not as it is expected.'],
  [503, 'The service is busy. Please try again in a moment.'],
]);

function document({ title, content }: Page): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <title>${title}</title>
        <style>
          ${raw(STYLE)}
        </style>
      </head>
      <body>
        ${content}
      </body>
    </html> `;
}

/** The style of every error page: light and dark, from a phone's width on. */
const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f7f6f2; --card: #fff; --line: #dcd9d0; --ink: #1b2127; --soft: #57616b;
  --accent: #a8261c; --accent-soft: #fbe4e0; --band: #8f2018; --code: #f0eee8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #11161a; --card: #1a2127; --line: #303a43; --ink: #e9edf0; --soft: #a3afba;
    --accent: #ff9d8f; --accent-soft: #43211d; --band: #5d1a14; --code: #151b20;
  }
}
*, ::before, ::after { box-sizing: border-box; margin: 0; padding: 0; }
body {
  background: var(--page); color: var(--ink); font: 1rem/1.55 system-ui, sans-serif;
  min-height: 100vh; overflow-wrap: anywhere;
}
code, pre, dt, dd, .place, .request { font-family: ui-monospace, 'Cascadia Mono', Menlo, Consolas, monospace; font-size: .875rem; }
header { background: var(--band); color: #fff; padding: 2rem max(1.25rem, (100% - 70rem) / 2); }
header .status { font-weight: 600; letter-spacing: .06em; text-transform: uppercase; font-size: .8125rem; }
header h1 { font-size: clamp(1.5rem, 5vw, 2.25rem); line-height: 1.2; margin-block: .25rem .75rem; }
header .message { font-size: 1.125rem; white-space: pre-wrap; max-height: 14rem; overflow: auto; }
header .request { margin-top: 1.25rem; }
header .id { font-size: .875rem; margin-top: .25rem; }
main { margin-inline: auto; max-width: 72.5rem; padding: 2rem 1.25rem 3rem; }
section { margin-bottom: 2.25rem; }
h2 { font-size: 1.25rem; margin-bottom: .75rem; }
section > .message { border-left: .25rem solid var(--accent); margin-bottom: 1rem; padding-left: .75rem; white-space: pre-wrap; }
ol { list-style: none; }
.frames, .patterns, .facts, .none {
  background: var(--card); border: 1px solid var(--line); border-radius: .5rem; overflow: hidden;
}
.frames > li + li, .patterns > li + li { border-top: 1px solid var(--line); }
.frames p, .patterns li, summary, .none { padding: .625rem 1rem; }
.frames p { padding-left: 2.125rem; }
.frames b { margin-right: .5rem; }
.frames .foreign, .frames .framework { color: var(--soft); }
.frames .foreign b, .frames .framework b { font-weight: 500; }
.place, .count { color: var(--soft); }
.patterns .place { margin-left: .75rem; }
summary { cursor: pointer; }
summary:hover { background: var(--accent-soft); }
summary:focus-visible { outline: .1875rem solid var(--accent); outline-offset: -.1875rem; }
.facts, .none { margin-bottom: .75rem; }
.facts summary, .none { font-weight: 600; }
.count { font-weight: 400; margin-left: .375rem; }
pre { background: var(--code); border-top: 1px solid var(--line); overflow-x: auto; padding-block: .75rem; tab-size: 2; }
pre.raw { border: 1px solid var(--line); border-radius: .5rem; padding: 1rem; white-space: pre-wrap; }
pre code { display: block; min-width: max-content; color: var(--ink); }
.line { display: block; padding-right: 1rem; overflow-wrap: normal; }
.line::before { color: var(--soft); content: attr(data-line); padding-inline: .25rem 1rem; white-space: pre; }
.hit { background: var(--accent-soft); box-shadow: inset .25rem 0 var(--accent); font-weight: 600; }
mark { background: none; color: var(--accent); text-decoration: underline wavy; text-underline-offset: .25em; }
dl { border-top: 1px solid var(--line); }
dl > div { display: grid; gap: 0 1rem; grid-template-columns: minmax(0, 16rem) minmax(0, 1fr); padding: .375rem 1rem; }
dl > div:nth-child(even) { background: var(--code); }
dt { color: var(--soft); }
.note { color: var(--soft); font-size: .875rem; }
.plain { display: grid; min-height: 100vh; align-content: center; justify-items: center; text-align: center; max-width: 36rem; gap: .5rem; }
.plain .status { color: var(--accent); font-size: clamp(4rem, 20vw, 7rem); font-weight: 700; line-height: 1; letter-spacing: -.02em; }
.plain h1 { font-size: 1.5rem; }
.plain .id { border-top: 1px solid var(--line); color: var(--soft); font-size: .875rem; margin-top: 1.5rem; padding-top: 1rem; }
@media (max-width: 40rem) {
  dl > div { grid-template-columns: minmax(0, 1fr); }
  .frames .place { display: block; }
}
`;

// The hash is of all that stands between the tags, the template's own white space included.
const STYLE_ELEMENT = /<style>([^]*)<\/style>/;
const [, STYLE_TEXT = ''] =
  STYLE_ELEMENT.exec(document({ title: '', content: raw('') }).toString()) ?? [];
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${hash('sha256', STYLE_TEXT, 'base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
