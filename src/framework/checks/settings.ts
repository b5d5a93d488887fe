import { closestMatch } from 'leven';
import { GLOBAL_SETTINGS, isGlobalSetting } from '../global-settings.ts';
import { settings } from '../settings.ts';
import type { CheckMessage } from './check.ts';

/** A setting of the project's own is not one of the framework's with a slip of the pen. */
export function checkSettings(): readonly CheckMessage[] {
  const own = Object.keys(settings).filter((name) => !isGlobalSetting(name));
  return own.flatMap((name) => {
    const meant = closestMatch(name, Object.keys(GLOBAL_SETTINGS), {
      maxDistance: mostEdits(name),
    });
    if (meant === undefined) return [];
    return [
      {
        level: 'warning',
        id: 'settings.W101',
        message: `The settings have ${name}, which nothing in the framework reads. Did you mean ${meant}?`,
        hint: 'Rename it; if it is your own and meant so, silence this.',
      },
    ];
  });
}

/** Short names look alike by chance. */
function mostEdits(name: string): number {
  return Math.min(2, Math.floor(name.length / 4));
}
