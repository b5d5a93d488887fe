import { importModule, ModuleNameError } from '../wsgi/names.ts';
import { ImproperlyConfigured } from './errors.ts';

/**
 * Imports the module that a setting names. Errors inside the module come through.
 *
 * @throws {ImproperlyConfigured} where the setting is empty or there is no such module.
 */
export async function importSetting(
  setting: string,
  name: string,
  example: string,
): Promise<Record<string, unknown>> {
  if (!name) {
    throw new ImproperlyConfigured(
      `${setting} is not set: expected a module's name, such as ${example}.`,
    );
  }
  try {
    return await importModule(name);
  } catch (error) {
    if (!(error instanceof ModuleNameError)) throw error;
    throw new ImproperlyConfigured(`${setting} is '${name}'. ${error.message}`, { cause: error });
  }
}
