import { randomBytes } from 'node:crypto';
import type { Config } from './config.ts';

/** What `ps` shows. */
export function nameProcess({ procName, applicationName }: Config, role: string): void {
  process.title = `gateway: ${role} [${procName || applicationName}]`;
}

/** Where and with what the processes run; the workers inherit it. */
export function prepareProcess({ umask, chdir, rawEnv }: Config): void {
  // For what all workers of one gateway must share without being told, such as a key made up at the start.
  process.env['GATEWAY_SECRET'] ??= randomBytes(32).toString('base64url');
  process.umask(umask);
  process.chdir(chdir);
  for (const assignment of rawEnv) {
    const equals = assignment.indexOf('=');
    process.env[assignment.slice(0, equals)] = assignment.slice(equals + 1);
  }
}

/** Gives up the rights of root; the group first, as it could not be changed afterwards. */
export function dropPrivileges({ user, group }: Pick<Config, 'user' | 'group'>): void {
  if (group !== '') process.setgid?.(idOrName(group));
  if (user !== '') {
    process.setgroups?.([process.getgid?.() ?? 0]);
    process.setuid?.(idOrName(user));
  }
}

function idOrName(text: string): number | string {
  return /^\d+$/.test(text) ? Number(text) : text;
}
