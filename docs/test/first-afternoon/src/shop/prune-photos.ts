import { glob, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadSettings, settings } from '@wsgi/framework/settings';
import { type Command, CommandError, print } from '@wsgi/framework/commands';

export const prunePhotos: Command = {
  name: 'prunephotos',
  usage: '[--days DAYS]',
  summary: 'Removes photos that are older than DAYS, or than 30 days.',
  async run(args) {
    const { values } = parseArgs({ args, options: { days: { type: 'string', default: '30' } } });
    if (!/^\d+$/.test(values.days))
      throw new CommandError(`--days is '${values.days}': no number.`);
    await loadSettings();
    print(`${await removeBefore(Date.now() - Number(values.days) * 86_400_000)} photos removed.`);
    return 0;
  },
};

async function removeBefore(timeMs: number): Promise<number> {
  let count = 0;
  for await (const name of glob('*', { cwd: settings.PHOTO_DIR })) {
    const path = join(settings.PHOTO_DIR, name);
    if ((await stat(path)).mtimeMs > timeMs) continue;
    await rm(path);
    count += 1;
  }
  return count;
}
