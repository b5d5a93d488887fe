import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { listens } from '../packages/wsgi/test/free-port.ts';

/** Starts a program whose output goes to a file, its errors to ours unless they go there too. */
export function start(
  [file = '', ...args]: readonly string[],
  environment: NodeJS.ProcessEnv,
  outputFile = '/dev/null',
  { isSilent = false } = {},
): ChildProcess {
  const output = openSync(outputFile, 'a');
  const child = spawn(file, args, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', output, isSilent ? output : 'inherit'],
  });
  closeSync(output);
  return child;
}

/** Of an arbiter, or of nginx's master. */
export function workerOf(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return Number(children.trim().split(' ')[0]);
}

/** Whatever it says: an error of its own shows under load. But 503 may be said before a worker is ready. */
export function untilAnswers(port: number): Promise<void> {
  return until(port, async () => {
    const response = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined);
    await response?.text();
    return response !== undefined && response.status !== 503;
  });
}

/** Whatever it speaks. */
export function untilAccepts(port: number): Promise<void> {
  return until(port, () => listens(port));
}

async function until(port: number, isThere: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (await isThere()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`nothing answers on port ${port}`);
}
