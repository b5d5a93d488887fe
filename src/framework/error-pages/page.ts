import { hash } from 'node:crypto';
import { html, raw, type Html } from '../html.ts';
import type { HttpRequest } from '../request.ts';
import { htmlResponse, HttpResponse } from '../response.ts';
import { STYLE } from './style.ts';

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

/** The same for a client that asks for something else than pages, as a terminal does. */
export function textResponse(text: string, status: number): HttpResponse {
  return new HttpResponse(`${text}\n`, { status, headers: { 'Cache-Control': 'no-store' } });
}

/** Browsers say that they take HTML; what says only what else it takes is no browser. */
export function wantsPage(request: HttpRequest): boolean {
  const accept = request.headers.get('Accept');
  return accept === undefined || accept.includes('text/html');
}

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
