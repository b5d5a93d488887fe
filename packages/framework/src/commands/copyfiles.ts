import { mkdirSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { parseArgs } from 'node:util';
import { filesInside } from '../files/file-inside.ts';
import { replaceFile } from '../files/replace-file.ts';
import { loadSettings, settings } from '../settings.ts';
import { isLeftover } from '../staticfiles/static-url.ts';
import { print, type Command } from './command.ts';

/** To be run on the sources: settings that read such a file find it there alone. */
export const copyfiles: Command = {
  name: 'copyfiles',
  usage: '',
  summary:
    'Copies to dist/ what lies beside the sources and the compiler leaves there, but static files.',
  async run(args) {
    parseArgs({ args });
    await loadSettings();
    const names = filesBesideSources();
    for (const [name, path] of names) {
      const target = join('dist', name);
      mkdirSync(dirname(target), { recursive: true });
      await replaceFile(target, (unfinished) => copyFile(path, unfinished));
    }
    if (names.size > 0) print(`Copied to dist/: ${[...names.keys()].join(', ')}.`);
    return 0;
  },
};

const COMPILED = /\.[cm]?tsx?$/;

/** Texts of mails, templates, certificates: by their names below src/. */
function filesBesideSources(): ReadonlyMap<string, string> {
  const files = filesInside('src');
  const folders = settings.STATICFILES_DIRS.map((folder) => relative('src', resolve(folder)));
  const isStatic = (name: string) => folders.some((folder) => name.startsWith(folder + sep));
  return new Map(
    [...files].filter(([name]) => !COMPILED.test(name) && !isStatic(name) && !isLeftover(name)),
  );
}
