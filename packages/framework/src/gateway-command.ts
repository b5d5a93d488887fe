import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { CommandError } from './errors.ts';

/**
 * The gateway's command is found by its path: the framework does not know the gateway. Where a project
 * lies below another, npm may have put the command above it.
 */
export function findGateway(): string {
  const folders = createRequire(resolve('package.json')).resolve.paths('gateway') ?? [];
  const command = folders.map((folder) => join(folder, '.bin/gateway')).find(existsSync);
  if (command !== undefined) return command;
  throw new CommandError(
    `The gateway is not installed: there is no node_modules/.bin/gateway in ${resolve()} or above.`,
  );
}
