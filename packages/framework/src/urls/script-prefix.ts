import { quote } from '@wsgi/wsgi/url';
import { settings } from '../settings.ts';

/** FORCE_SCRIPT_NAME as it stands in a URL: outside of a request, the only prefix that is known. */
export function scriptPrefix(): string {
  return quotePath(settings.FORCE_SCRIPT_NAME ?? '');
}

/** A path with what its grammar does not allow percent-encoded as UTF-8; slashes stay. */
export function quotePath(path: string): string {
  return quote(Buffer.from(path, 'utf8').toString('latin1'));
}

/** As a server takes SCRIPT_NAME off: what is left is PATH_INFO. */
export function belowMountPoint(mountPoint: string, path: string): string {
  return path.startsWith(`${mountPoint}/`) ? path.slice(mountPoint.length) : path;
}

/** Two slashes at the start would name another host (RFC 3986 §4.2). */
export function oneSlash(path: string): string {
  return path.replace(/^\/\//, '/%2F');
}
