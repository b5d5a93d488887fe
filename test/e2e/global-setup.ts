import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import { freePort } from '../../packages/wsgi/test/free-port.ts';
import { Stack } from './stack.ts';

/** Builds and starts the stack under a name of its own, and takes it away after the last test. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | void> {
  const missing = await missingEngine();
  if (missing !== undefined) {
    console.warn(`\n${missing}\nThe end-to-end tests are skipped.\n`);
    project.provide('stack', { missing });
    return;
  }

  const environment = {
    COMPOSE_PROJECT_NAME: `e2e-${process.pid}`,
    HTTP_PORT: `127.0.0.1:${await freePort()}`,
    HTTPS_PORT: `127.0.0.1:${await freePort()}`,
    DEV_PORT: String(await freePort()),
    PROMETHEUS_PORT: String(await freePort()),
    APP_CPUS: String(Math.min(2, availableParallelism())),
  };
  const stack = new Stack(environment);
  try {
    await stack.compose('build');
    await stack.start();
  } catch (error) {
    console.error(await stack.compose('logs', '--tail', '50'));
    await stack.remove();
    throw error;
  }
  project.provide('stack', { environment });
  return () => stack.remove();
}

/** Why the tests cannot run. In CI that is a failure, so it is thrown there. */
async function missingEngine(): Promise<string | undefined> {
  try {
    await promisify(execFile)('docker', ['compose', 'version']);
    await promisify(execFile)('docker', ['info']);
    return undefined;
  } catch (cause) {
    const missing = `No Docker engine with Compose answers: ${String(cause)}`;
    if (process.env['CI']) throw new Error(missing, { cause });
    return missing;
  }
}
