import { parseArgs } from 'node:util';
import { loadSettings, settings } from '../settings.ts';
import { collectStatic } from '../staticfiles/collect.ts';
import { print } from './command.ts';
import type { Command } from './command.ts';

export const collectstatic: Command = {
  name: 'collectstatic',
  usage: '',
  summary: 'Copies the static files to STATIC_ROOT.',
  async run(args) {
    parseArgs({ args: [...args] });
    await loadSettings();
    const count = collectStatic();
    print(`${count} static ${count === 1 ? 'file' : 'files'} copied to '${settings.STATIC_ROOT}'.`);
    return 0;
  },
};
