import { fileInside, filesInside } from '../files/file-inside.ts';
import { settings } from '../settings.ts';

/** The file that STATICFILES_DIRS have under a name; the first folder wins. */
export async function findStatic(name: string): Promise<string | undefined> {
  for (const folder of settings.STATICFILES_DIRS) {
    const file = await fileInside(folder, name);
    if (file !== undefined) return file;
  }
  return undefined;
}

/** Every static file of STATICFILES_DIRS by its name, `css/app.css`. */
export function allStatic(): Map<string, string> {
  const found = new Map<string, string>();
  for (const folder of settings.STATICFILES_DIRS) {
    for (const [name, file] of filesInside(folder)) if (!found.has(name)) found.set(name, file);
  }
  return found;
}
