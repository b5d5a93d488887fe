import { NoPatternMatches } from '../errors.ts';
import type { HttpRequest } from '../request.ts';
import { redirect } from '../response.ts';
import { settings } from '../settings.ts';
import type { View } from './path.ts';
import { matchPattern, type ParamValues } from './pattern.ts';
import { oneSlash } from './reverse.ts';
import type { Urlconf } from './urlconf.ts';

export interface Match {
  readonly view: View<ParamValues>;
  readonly params: ParamValues;
}

/**
 * The first view whose pattern matches; under APPEND_SLASH, a redirect where a slash alone is missing.
 *
 * @throws {NoPatternMatches} where nothing matches.
 */
export function resolve(urlconf: Urlconf, request: HttpRequest): Match {
  const { path } = request;
  const match = findMatch(urlconf, path) ?? missingSlash(urlconf, path);
  if (match) return match;
  throw new NoPatternMatches(path, urlconf.routes);
}

function findMatch(urlconf: Urlconf, path: string): Match | undefined {
  for (const { pattern, view } of urlconf.routes) {
    const params = matchPattern(pattern, path);
    // The pattern's own types made sure that the view takes what the pattern gives.
    if (params) return { view: view as View<ParamValues>, params };
  }
  return undefined;
}

function missingSlash(urlconf: Urlconf, path: string): Match | undefined {
  if (!settings.APPEND_SLASH || path.endsWith('/')) return undefined;
  const match = findMatch(urlconf, `${path}/`);
  return match && { view: appendSlash, params: match.params };
}

/** 308 keeps the method and the body of what is not safe (RFC 9110 §15.4.9). */
function appendSlash(request: HttpRequest) {
  const path = oneSlash(`${request.quotedPath}/`);
  const query = request.environ.QUERY_STRING;
  return redirect(query ? `${path}?${query}` : path, { status: request.isRead ? 301 : 308 });
}
