import { spawnSync } from 'node:child_process';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

/** Imports the module at a file: URL. A syntax error, there or in what it imports, tells its place. */
export async function importFile(url: string): Promise<Record<string, unknown>> {
  let lastLoaded = url;
  const hooks = registerHooks({
    load(loaded, context, nextLoad) {
      lastLoaded = loaded;
      return nextLoad(loaded, context);
    },
  });
  try {
    return (await import(url)) as Record<string, unknown>;
  } catch (error) {
    if (error instanceof SyntaxError) tellPlace(error, lastLoaded);
    throw error;
  } finally {
    hooks.deregister();
  }
}

/** Node prints the place of what it does not catch, and keeps it from those who catch it. */
function tellPlace(error: SyntaxError, url: string): void {
  if (!url.startsWith('file:')) return;
  const check = spawnSync(process.execPath, ['--check', fileURLToPath(url)], { encoding: 'utf8' });
  const [place] = FILE_LINE_AND_MARK.exec(check.stderr) ?? [];
  if (place !== undefined) error.stack = `${place}\n${String(error)}`;
}

const FILE_LINE_AND_MARK = /^.+:\d+\n.*\n[\t ]*\^+\n/;
