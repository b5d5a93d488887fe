import { BadRequest } from '../errors.ts';
import type { HttpRequest } from '../request.ts';

/**
 * Whether a URL that a client sent, such as where to go after signing in, stays on this site, as
 * browsers read it: `//evil.example`, `/\\evil.example` and `javascript:` do not.
 */
export function isOwnUrl(request: HttpRequest, url: string): boolean {
  // Browsers take a backslash for a slash, and leave out what cannot be seen.
  if (url === '' || NOT_IN_URL.test(url)) return false;
  const site = `${request.scheme}://${request.host}`;
  const target = URL.parse(url, site + request.quotedPath);
  return target !== null && target.origin === URL.parse(site)?.origin && target.username === '';
}

/**
 * A path of this site as a whole URL, for mails and the like.
 *
 * @throws {BadRequest} where it leads to another site.
 */
export function absoluteUrl(request: HttpRequest, path: string): string {
  if (!isOwnUrl(request, path)) throw new BadRequest('The URL leads to another site.');
  return new URL(path, `${request.scheme}://${request.host}${request.quotedPath}`).href;
}

// oxlint-disable-next-line no-control-regex
const NOT_IN_URL = /[\x00-\x20\x7f\\]/;
