import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { loadSettings, settings } from '../settings.ts';
import { collectStatic, type Collected, type Progress } from '../staticfiles/collect.ts';
import { print, printError, type Command } from './command.ts';

export const collectstatic: Command = {
  name: 'collectstatic',
  usage: '',
  summary:
    'Copies the static files to STATIC_ROOT, hashed and compressed; removes its own stale ones.',
  async run(args) {
    parseArgs({ args });
    await loadSettings();
    for (const folder of settings.STATICFILES_DIRS) {
      if (!existsSync(folder))
        printError(`STATICFILES_DIRS has '${folder}': there is no such folder.`);
    }
    const collected = await collectStatic(process.stdout.isTTY ? showProgress : undefined);
    print(summary(collected, settings.STATIC_ROOT ?? ''));
    return 0;
  },
};

/** `5 static files copied to '…', 5 post-processed.` */
export function summary(collected: Collected, root: string): string {
  const { copied, unmodified, postProcessed, removed } = collected;
  const parts = [
    `${copied} static ${copied === 1 ? 'file' : 'files'} copied to '${root}'`,
    ...(unmodified > 0 ? [`${unmodified} unmodified`] : []),
    `${postProcessed} post-processed`,
    ...(removed > 0 ? [`${removed} stale removed`] : []),
  ];
  return `${parts.join(', ')}.`;
}

/** One line that counts up, and is gone at the end. */
const showProgress: Progress = (done, total) => {
  const clearLine = '\r\u001b[K';
  process.stdout.write(clearLine + (done < total ? `${done} of ${total} static files` : ''));
};
