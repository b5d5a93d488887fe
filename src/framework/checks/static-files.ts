import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { settings } from '../settings.ts';
import { overlaps } from '../staticfiles/collect.ts';
import { MANIFEST_NAME } from '../staticfiles/manifest.ts';
import type { CheckMessage } from './check.ts';

/** STATICFILES_DIRS exist, and STATIC_ROOT is none of them. */
export function checkStaticFiles(): readonly CheckMessage[] {
  return settings.STATICFILES_DIRS.flatMap((folder) => checkFolder(folder, settings.STATIC_ROOT));
}

/** collectstatic has filled STATIC_ROOT. */
export function checkManifest(): readonly CheckMessage[] {
  const { STATIC_ROOT } = settings;
  if (STATIC_ROOT === null || isCollected(STATIC_ROOT)) return [];
  return [
    {
      level: 'warning',
      id: 'staticfiles.W101',
      message: `STATIC_ROOT '${STATIC_ROOT}' has no ${MANIFEST_NAME}: static files are missing or old.`,
      hint: 'Run collectstatic; `npm run build` does.',
    },
  ];
}

function checkFolder(folder: string, root: string | null): readonly CheckMessage[] {
  if (root !== null && overlaps(folder, root)) {
    return [
      {
        level: 'error',
        id: 'staticfiles.E002',
        message: `STATIC_ROOT '${root}' and '${folder}' of STATICFILES_DIRS are inside one another.`,
        hint: 'collectstatic fills STATIC_ROOT: give it a folder of its own.',
      },
    ];
  }
  if (existsSync(folder) || isDispensable(root)) return [];
  return [
    {
      level: 'warning',
      id: 'staticfiles.W004',
      message: `There is no folder '${folder}', which STATICFILES_DIRS names.`,
    },
  ];
}

/** The image of the application has STATIC_ROOT alone: what it was made from is read under DEBUG. */
function isDispensable(root: string | null): boolean {
  return root !== null && isCollected(root) && !settings.DEBUG;
}

function isCollected(root: string): boolean {
  return existsSync(join(root, MANIFEST_NAME));
}
