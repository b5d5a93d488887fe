import { isDeepStrictEqual, parseArgs } from 'node:util';
import { GLOBAL_SETTINGS, isGlobalSetting } from '../settings/global-settings.ts';
import { showSetting } from '../secrets.ts';
import { loadSettings, settings } from '../settings.ts';
import { print, type Command } from './command.ts';

export const diffsettings: Command = {
  name: 'diffsettings',
  usage: '[--all]',
  summary: 'Shows what differs from the default settings, with --all everything.',
  async run(args) {
    const { values } = parseArgs({ args, options: { all: { type: 'boolean' } } });
    await loadSettings();
    // The settings leave an empty SECRET_KEY out.
    const shown = Object.assign({ SECRET_KEY: '' }, settings);
    for (const [name, value] of Object.entries(shown).toSorted(byName)) {
      if (values.all || !isDefault(name, value)) print(line(name, value));
    }
    return 0;
  },
};

function line(name: string, value: unknown): string {
  const marker = isGlobalSetting(name) ? '' : '  ###';
  return `${name} = ${showSetting(name, value)}${marker}`;
}

function isDefault(name: string, value: unknown): boolean {
  return isGlobalSetting(name) && isDeepStrictEqual(value, GLOBAL_SETTINGS[name].default);
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}
