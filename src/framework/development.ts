import { inspect } from 'node:util';
import type { Application } from '../wsgi/types.ts';
import { loadErrorPage } from './error-pages/technical-page.ts';
import { ImproperlyConfigured } from './errors.ts';
import { importSetting } from './import-setting.ts';
import { loadSettings, settings, settingsSource } from './settings.ts';

/**
 * What runserver has the gateway serve: the project's WSGI_APPLICATION; while that cannot be loaded,
 * a page that says why. Each change of a file starts a process of its own, so a mended one is found.
 */
export const application: Application = await loadProject().catch(explainFailure);

async function loadProject(): Promise<Application> {
  await loadSettings();
  const name = settings.WSGI_APPLICATION;
  const module = await importSetting('WSGI_APPLICATION', name, 'myproject.wsgi');
  if (typeof module['application'] === 'function') return module['application'] as Application;
  throw new ImproperlyConfigured(`WSGI_APPLICATION is '${name}', which has no export application.`);
}

/** The terminal is told too. Without DEBUG the browser is told nothing. */
function explainFailure(error: unknown): Application {
  if (settingsSource() !== undefined && !settings.DEBUG) throw error;
  process.stderr.write(`The project cannot be loaded.\n${inspect(error)}\n`);
  return loadErrorPage(error);
}
