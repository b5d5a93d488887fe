import { parseArgs } from 'node:util';
import { runChecks } from '../checks/check.ts';
import type { CheckMessage } from '../checks/check.ts';
import { registeredChecks } from '../checks/registry.ts';
import { loadSettings } from '../settings.ts';
import { print, printError } from './command.ts';
import type { Command } from './command.ts';

export const check: Command = {
  name: 'check',
  usage: '[--deploy]',
  summary: 'Looks for mistakes; with --deploy, also for what production needs.',
  run: runCheck,
};

/** Runs the checks and prints what they find; 1 where there is an error. */
async function runCheck(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { deploy: { type: 'boolean' } } });
  await loadSettings();
  const { messages, silencedCount } = await runChecks(registeredChecks(values.deploy ?? false));
  for (const message of messages) printError(format(message));
  const issues = messages.length === 1 ? '1 issue' : `${messages.length || 'no'} issues`;
  print(`System check identified ${issues} (${silencedCount} silenced).`);
  return messages.some(({ level }) => level === 'error') ? 1 : 0;
}

function format({ level, id, message, hint }: CheckMessage): string {
  const line = `${level.toUpperCase()} (${id}) ${message}`;
  return hint ? `${line}\n  ${hint}` : line;
}
