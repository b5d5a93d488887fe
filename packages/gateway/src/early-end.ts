import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { getCallSites } from 'node:util';

/**
 * Waits for what loads code that is not ours. Where the process ends meanwhile, `giveUp` is told why, and
 * is to end it in its own way: a call of `process.exit(0)` would pass for success, and so would an await
 * of what never comes, as Node ends a process that nothing keeps busy.
 */
export async function watchLoading<Loaded>(
  loading: Promise<Loaded>,
  giveUp: (why: string) => void,
): Promise<Loaded> {
  const onIdle = (): void => giveUp('it awaits what never comes');
  const onExit = (code: number): void => {
    const place = placeOfExit();
    if (place !== undefined) giveUp(`process.exit(${code}) is called at ${place}`);
  };
  process.on('beforeExit', onIdle).on('exit', onExit);
  try {
    return await loading;
  } finally {
    process.off('beforeExit', onIdle).off('exit', onExit);
  }
}

const PACKAGE = dirname(import.meta.dirname);
/** Where this package's own code is, by its source maps too. */
const OWN_FOLDERS = ['src', 'dist'].map((name) => join(PACKAGE, name, '/'));
const FRAMES_MAX = 20;

/** Undefined where nobody called it, or this package did. */
function placeOfExit(): string | undefined {
  const [, _onExit, ...callers] = getCallSites(FRAMES_MAX);
  const caller = callers.find(({ scriptName }) => !scriptName.startsWith('node:'));
  if (caller === undefined) return undefined;
  const { scriptName, lineNumber, columnNumber } = caller;
  const file = scriptName.startsWith('file:') ? fileURLToPath(scriptName) : scriptName;
  const isOurs = OWN_FOLDERS.some((folder) => file.startsWith(folder));
  return isOurs ? undefined : `${file}:${lineNumber}:${columnNumber}`;
}
