import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { CHILD_ENVIRONMENT } from '../../../wsgi/test/child-environment.ts';

export const PROJECT_ROOT: string = resolve(import.meta.dirname, '../../../..');

export type Environment = Readonly<Record<string, string>>;

/** Runs `manage` to its end. */
export async function manage(
  args: readonly string[],
  environment: Environment = {},
  input: string = '',
) {
  const child = startManage(args, environment);
  child.stdin?.end(input);
  const [stdout, stderr] = await Promise.all([streamText(child.stdout), streamText(child.stderr)]);
  if (child.exitCode === null) await once(child, 'exit');
  return { code: child.exitCode, stdout, stderr };
}

/** Starts `manage` on the sources of a project; stopped when the test ends, if it still runs. */
export function startManage(
  args: readonly string[],
  environment: Environment = {},
  root: string = PROJECT_ROOT,
): ChildProcess {
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/manage.ts', ...args], {
    cwd: root,
    env: { ...CHILD_ENVIRONMENT, ...environment },
  });
  // SIGTERM, which runserver passes on: SIGKILL would leave the gateway behind.
  onTestFinished(() => {
    child.kill('SIGTERM');
  });
  return child;
}

function streamText(stream: ChildProcess['stdout']): Promise<string> {
  return stream ? text(stream) : Promise.resolve('');
}
