import { existsSync } from 'node:fs';
import { settings } from '../settings.ts';
import { overlaps } from '../staticfiles/collect.ts';
import type { CheckMessage } from './check.ts';

/** STATICFILES_DIRS exist, and STATIC_ROOT is none of them. */
export function checkStaticFiles(): readonly CheckMessage[] {
  return settings.STATICFILES_DIRS.flatMap((folder) => checkFolder(folder, settings.STATIC_ROOT));
}

function checkFolder(folder: string, root: string | null): readonly CheckMessage[] {
  if (root !== null && overlaps(folder, root)) {
    return [
      {
        level: 'error',
        id: 'staticfiles.E002',
        message: `STATIC_ROOT '${root}' and '${folder}' of STATICFILES_DIRS are inside one another.`,
        hint: 'collectstatic empties STATIC_ROOT of what it does not know: give it a folder of its own.',
      },
    ];
  }
  if (existsSync(folder)) return [];
  return [
    {
      level: 'warning',
      id: 'staticfiles.W004',
      message: `There is no folder '${folder}', which STATICFILES_DIRS names.`,
    },
  ];
}
