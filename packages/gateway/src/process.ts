import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { environmentWithoutInspector } from '@wsgi/wsgi/inspector-options';
import type { Config } from './settings/catalogue.ts';

/** What `ps` shows. */
export function nameProcess({ procName, applicationName }: Config, role: string): void {
  process.title = `gateway: ${role} [${procName || applicationName}]`;
}

/** Where and with what the processes run; the workers inherit it. */
export function prepareProcess({ umask, chdir, rawEnv }: Config): void {
  process.umask(umask);
  process.chdir(chdir);
  replaced = Object.fromEntries(Object.keys(rawEnv).map((name) => [name, process.env[name]]));
  Object.assign(process.env, rawEnv);
}

/** What `rawEnv` took the place of at the start: a reload may bring another one. */
let replaced: NodeJS.ProcessEnv = {};

/** For what all workers of one gateway must share without being told, such as a key made up at the start. */
export function makeSecret(): void {
  process.env['GATEWAY_SECRET'] ??= randomBytes(32).toString('base64url');
}

/** This process's, with the variables of these settings, and which worker of the gateway it is. */
export function workerEnvironment(
  { rawEnv }: Pick<Config, 'rawEnv'>,
  number: number,
): NodeJS.ProcessEnv {
  return {
    ...environmentWithoutInspector(process.env),
    ...replaced,
    ...rawEnv,
    GATEWAY_WORKER: String(number),
  };
}

/** The version in the package.json of the gateway. */
export function version(): string {
  const file = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(file) as { version: string }).version;
}
