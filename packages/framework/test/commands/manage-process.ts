import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { CHILD_ENVIRONMENT } from '../../../wsgi/test/child-environment.ts';

/** The project that the commands are tested with. */
export const PROJECT: string = join(import.meta.dirname, '../project');

/** As people run the sources. It takes twice as long to start as Node, which takes the types away itself. */
export const UNDER_TSX: readonly string[] = ['--import', 'tsx'];

export type Environment = Readonly<Record<string, string>>;

/** Runs `manage` to its end. */
export function manage(
  args: readonly string[],
  environment: Environment = {},
  input: string = '',
): Promise<Outcome> {
  return outcomeOf(startManage(args, { environment }), input);
}

export interface Start {
  readonly environment?: Environment;
  readonly root?: string;
  readonly nodeOptions?: readonly string[];
}

/** Starts `manage` on the sources of a project; stopped when the test ends, if it still runs. */
export function startManage(
  args: readonly string[],
  { environment = {}, root = PROJECT, nodeOptions = [] }: Start = {},
): ChildProcess {
  const child = spawn(process.execPath, [...nodeOptions, 'src/manage.ts', ...args], {
    cwd: root,
    env: { ...CHILD_ENVIRONMENT, ...environment },
  });
  // SIGTERM, which runserver passes on: SIGKILL would leave the gateway behind.
  onTestFinished(() => {
    child.kill('SIGTERM');
  });
  return child;
}

/** What a command gave. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export async function outcomeOf(child: ChildProcess, input: string = ''): Promise<Outcome> {
  child.stdin?.end(input);
  const [stdout, stderr] = await Promise.all([streamText(child.stdout), streamText(child.stderr)]);
  if (child.exitCode === null) await once(child, 'exit');
  return { code: child.exitCode, stdout, stderr };
}

function streamText(stream: ChildProcess['stdout']): Promise<string> {
  return stream ? text(stream) : Promise.resolve('');
}
