import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, watch, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sourceRoot } from '@wsgi/wsgi/names';
import { printError } from './command.ts';

/**
 * Runs the compiler beside the server, at the start and after each change, and tells what it finds: the
 * sources run without their types being looked at. Nothing happens where the project has no compiler,
 * or is compiled already.
 *
 * @returns what ends it.
 */
export function watchTypes(): () => void {
  const compiler = findCompiler();
  if (compiler === undefined) return () => {};
  const folder = mkdtempSync(join(tmpdir(), 'types-'));
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(checkOnly(folder)));
  const ending = new AbortController();
  const look = whenStale(() => findMistakes(compiler, folder, ending.signal));
  const watcher = watch('src', { recursive: true }, look);
  look();
  return () => {
    watcher.close();
    ending.abort();
    rmSync(folder, { recursive: true, force: true });
  };
}

function findCompiler(): string | undefined {
  if (!existsSync('tsconfig.json') || sourceRoot() !== resolve('src')) return undefined;
  const folders = createRequire(resolve('package.json')).resolve.paths('typescript') ?? [];
  return folders.map((folder) => join(folder, 'typescript/bin/tsc')).find(existsSync);
}

/** The project's own configuration, but nothing is written, and packages are read where their sources are. */
function checkOnly(folder: string): object {
  return {
    extends: resolve('tsconfig.json'),
    compilerOptions: {
      noEmit: true,
      incremental: true,
      tsBuildInfoFile: join(folder, 'tsbuildinfo'),
      rootDir: resolve(),
      typeRoots: [resolve('node_modules/@types')],
    },
    include: [resolve('src')],
    references: [],
  };
}

/** What the compiler prints; undefined where it was ended. */
function findMistakes(
  compiler: string,
  folder: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const args = [compiler, '--project', folder, '--pretty', 'false'];
  return new Promise((done) => {
    execFile(process.execPath, args, { signal }, (_error, stdout, stderr) =>
      done(signal.aborted ? undefined : (stdout + stderr).trim()),
    );
  });
}

/** Of many changes at once, and of those meanwhile, one look is enough. */
function whenStale(look: () => Promise<string | undefined>): () => void {
  let isStale = false;
  let isRunning = false;
  let before = '';
  return async () => {
    isStale = true;
    if (isRunning) return;
    isRunning = true;
    while (isStale) {
      await sleep(200);
      isStale = false;
      const found = await look();
      if (found === undefined) return;
      report(found, before);
      before = found;
    }
    isRunning = false;
  };
}

function report(found: string, before: string): void {
  if (found === before) return;
  const lines = found === '' ? ['nothing is wrong any more.'] : found.split('\n');
  for (const line of lines) printError(`types: ${line}`);
}
