import { reasonPhraseOf, statusLine } from '@wsgi/wsgi/status';
import type { ContentProblem } from '../errors.ts';
import type { HttpRequest } from '../request.ts';
import { HttpResponse } from '../response.ts';
import { pageResponse, type Page } from './page.ts';

/** An error in what each form of it needs. */
export interface Told {
  readonly status: number;
  /** What the client is told beside the status. */
  readonly detail: string;
  /** For developers: the error with its causes. */
  readonly stack?: string;
  /** What is wrong with the body, one by one. */
  readonly problems?: readonly ContentProblem[];
  readonly page: () => Page;
}

/** The one place that decides in which form a client is told of an error. */
export function negotiatedResponse(request: HttpRequest, told: Told): HttpResponse {
  const type = errorType(request);
  if (type === 'text/html') return pageResponse(told.page(), told.status);
  const [content, contentType] =
    type === 'text/plain'
      ? [asText(request, told), `${type}; charset=utf-8`]
      : [JSON.stringify(asProblem(request, told)), type];
  const headers = { 'Cache-Control': 'no-store' };
  return new HttpResponse(content, { status: told.status, contentType, headers });
}

const JSON_TYPES = ['application/problem+json', 'application/json'] as const;

/** Browsers ask for HTML by name. To what takes anything, as curl does, text is enough, and JSON where JSON was sent. */
function errorType(request: HttpRequest) {
  const isJson = /^application\/(?:[\w.+-]+\+)?json\b/i.test(
    request.headers.get('Content-Type') ?? '',
  );
  if (!request.headers.has('Accept')) return isJson ? JSON_TYPES[0] : 'text/html';
  const others = ['text/plain', 'text/html'] as const;
  const types = isJson ? [...JSON_TYPES, ...others] : [...others, ...JSON_TYPES];
  return request.accepts(types) ?? 'text/plain';
}

function asText({ id }: HttpRequest, { status, detail, stack }: Told): string {
  return `${stack ?? `${statusLine(status)}: ${detail}`}\nRequest ${id}\n`;
}

/** RFC 9457 §3.1: of no other type than its status. */
function asProblem({ id }: HttpRequest, { status, detail, stack, problems = [] }: Told) {
  const title = reasonPhraseOf(status);
  const lines = stack === undefined ? {} : { stack: stack.trim().split('\n') };
  const errors = problems.length === 0 ? {} : { errors: problems.map(errorOf) };
  return { type: 'about:blank', title, status, detail, ...errors, request_id: id, ...lines };
}

/** As in the example of RFC 9457 §3, with a JSON Pointer in its form for URIs (RFC 6901 §6). */
function errorOf({ detail, path }: ContentProblem) {
  const pointer = path.map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  return { detail, pointer: `#${encodeURI(pointer).replaceAll('#', '%23')}` };
}
