import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import { Kitchen } from './kitchen.ts';

declare module 'vitest' {
  interface ProvidedContext {
    kitchen: { readonly folder: string; readonly environment: Readonly<Record<string, string>> };
  }
}

/** Puts all recipes into a clone, installs what they name, and starts the stack that comes of it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await promisify(execFile)('docker', ['compose', 'version']);
  const kitchen = await Kitchen.open();
  try {
    await kitchen.cook();
  } catch (error) {
    await kitchen.run('docker compose logs --tail 50').then(console.error, console.error);
    await kitchen.close();
    throw error;
  }
  const { folder, environment } = kitchen;
  project.provide('kitchen', { folder, environment });
  return () => kitchen.close();
}
