import { ImproperlyConfigured } from '../errors.ts';
import { settings } from '../settings.ts';
import { quotePath } from '../urls/quote-path.ts';

/** Where browsers find a static file: `staticUrl('app.css')` is `/static/app.css`. */
export function staticUrl(name: string): string {
  return staticPrefix() + quotePath(name);
}

/**
 * STATIC_URL; a relative one hangs below the script prefix.
 *
 * @throws {ImproperlyConfigured} where STATIC_URL is not set.
 */
export function staticPrefix(): string {
  const { STATIC_URL, FORCE_SCRIPT_NAME } = settings;
  if (STATIC_URL === null) {
    throw new ImproperlyConfigured("STATIC_URL is not set: set it to a path such as '/static/'.");
  }
  const isRelative = !STATIC_URL.startsWith('/') && !/^[a-z][a-z0-9+.-]*:/i.test(STATIC_URL);
  return isRelative ? `${FORCE_SCRIPT_NAME ?? ''}/${STATIC_URL}` : STATIC_URL;
}
