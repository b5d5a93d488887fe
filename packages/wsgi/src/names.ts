import { existsSync } from 'node:fs';
import { extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** `.ts` where the sources run, `.js` once built. */
const SOURCE_EXTENSION = extname(import.meta.filename);
const DOTTED_NAME = /^[A-Za-z_][\w-]*(\.[A-Za-z_][\w-]*)*$/;
const FILE_PATH = /[/\\]|\.[cm]?[jt]s$/;

/** The folder below the working directory that dotted names begin in: `src`, or `dist` once built. */
export function sourceRoot(folder: string = '.'): string {
  return resolve(folder, SOURCE_EXTENSION === '.ts' ? 'src' : 'dist');
}

/**
 * The file that a module name stands for: `myproject.wsgi` is `src/myproject/wsgi.ts`, and in `dist`
 * once built; anything with a slash or a source file's ending is a path. Both are looked for from the
 * working directory on unless a folder is given.
 *
 * @throws {ModuleNameError} where the name is malformed or no such file is there.
 */
export function resolveModuleName(name: string, folder: string = '.'): string {
  const file = FILE_PATH.test(name) ? resolve(folder, name) : resolveDottedName(name, folder);
  if (!existsSync(file)) {
    throw new ModuleNameError(`No module '${name}': there is no file ${file}.`);
  }
  return file;
}

/** Imports the module that a dotted name or a path stands for. Errors inside the module come through. */
export async function importModule(name: string): Promise<Record<string, unknown>> {
  return import(pathToFileURL(resolveModuleName(name)).href);
}

/** A dotted name leads to no module. */
export class ModuleNameError extends Error {
  override name = 'ModuleNameError';
}

function resolveDottedName(name: string, folder: string): string {
  if (!DOTTED_NAME.test(name)) {
    throw new ModuleNameError(
      `'${name}' is not a module name: expected a dotted name such as myproject.wsgi, or a file's path.`,
    );
  }
  return join(sourceRoot(folder), ...name.split('.')) + SOURCE_EXTENSION;
}
