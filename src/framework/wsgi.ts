import type { Application } from '../wsgi/types.ts';
import { createApplication } from './handler.ts';
import { setUpLogging } from './logging.ts';
import { provideSecretKey } from './secret-key.ts';
import { loadSettings, settings } from './settings.ts';
import { loadUrlconf } from './urls/urlconf.ts';

/**
 * The WSGI application of the project whose settings SETTINGS_MODULE names. Everything that can be
 * wrong with the settings, the URLconf or the middleware is found here, before the first request.
 *
 * @throws {ImproperlyConfigured} saying what is wrong and what is expected.
 */
export async function getWsgiApplication(): Promise<Application> {
  await loadSettings();
  setUpLogging();
  provideSecretKey();
  const urlconf = await loadUrlconf(settings.ROOT_URLCONF);
  return createApplication(urlconf, settings.MIDDLEWARE);
}
