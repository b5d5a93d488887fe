import { quote } from '../../wsgi/url.ts';

/** A path with what its grammar does not allow percent-encoded as UTF-8; slashes stay. */
export function quotePath(path: string): string {
  return quote(Buffer.from(path, 'utf8').toString('latin1'));
}
