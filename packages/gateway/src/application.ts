import { importModule, ModuleNameError, resolveModuleName } from '@wsgi/wsgi/names';
import type { Application } from '@wsgi/wsgi';
import { watchLoading } from './early-end.ts';
import { ApplicationError, endWith, messageOf } from './errors.ts';

const DEFAULT_ATTRIBUTE = 'application';

/**
 * Imports what `MODULE[:ATTRIBUTE]` names.
 *
 * @throws {ApplicationError} 3 where the module cannot be loaded, 4 where it has no such callable.
 */
export async function loadApplication(name: string): Promise<Application> {
  const [moduleName, attribute] = splitName(name);
  const module = await importModule(moduleName).catch((error: unknown) => {
    throw new ApplicationError(3, explain(name, error), { cause: error });
  });
  const application = module[attribute];
  if (typeof application === 'function') return application as Application;
  const exported = Object.keys(module).join(', ') || 'nothing';
  const what =
    application === undefined
      ? `'${name}' has no export '${attribute}': it exports ${exported}.`
      : `'${attribute}' of '${name}' is of type ${typeof application}: expected a callable (environ, startResponse).`;
  throw new ApplicationError(4, what);
}

/**
 * Loads it as a worker would, and no longer than that may take.
 *
 * @throws {ApplicationError} as `loadApplication`, and where it is not loaded in time.
 */
export async function checkApplication(name: string, timeoutSeconds: number): Promise<void> {
  const { promise: tooLate, reject } = Promise.withResolvers<never>();
  const failure = (why: string): ApplicationError =>
    new ApplicationError(3, `'${name}' cannot be loaded: ${why}.`);
  const late = failure(`it is not ready after ${timeoutSeconds} s`);
  if (timeoutSeconds > 0) setTimeout(reject, timeoutSeconds * 1000, late).unref();
  const loaded = Promise.race([loadApplication(name), tooLate]);
  await watchLoading(loaded, (why) => endWith(failure(why)));
}

/** `myproject.wsgi` and `application` of `myproject.wsgi:application`. */
function splitName(name: string): [module: string, attribute: string] {
  const [, module = name, attribute = DEFAULT_ATTRIBUTE] = /^(.+):([\w$]+)$/.exec(name) ?? [];
  return [module, attribute];
}

/** The file of the application's module; where there is none, loading it says so. */
export function moduleFileOf(applicationName: string, folder = '.'): string | undefined {
  try {
    return resolveModuleName(splitName(applicationName)[0], folder);
  } catch {
    return undefined;
  }
}

function explain(name: string, error: unknown): string {
  if (error instanceof ModuleNameError) return error.message;
  return `'${name}' cannot be loaded: ${messageOf(error)}`;
}
