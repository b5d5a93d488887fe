import { ImproperlyConfigured } from '../errors.ts';
import { loadSettings } from '../settings.ts';
import { print, type Command } from './command.ts';

/** Lists the commands; works without valid settings, and says so. */
export async function printHelp(commands: readonly Command[]): Promise<number> {
  const rows = commands.map(({ name, usage, summary }) => [`${name} ${usage}`, summary] as const);
  const width = Math.max(...rows.map(([synopsis]) => synopsis.length)) + 2;
  print('Usage: npm run manage -- COMMAND [ARGUMENTS]\n\nCommands:');
  for (const [synopsis, summary] of rows) print(`  ${synopsis.padEnd(width)}${summary}`);
  const problem = await settingsProblem();
  if (problem) print(`\nThe settings are not configured, which most commands need.\n${problem}`);
  return 0;
}

/** What one command takes and does. */
export function printUsage({ name, usage, summary }: Command): number {
  print(`Usage: npm run manage -- ${name} ${usage}`.trimEnd());
  print(`\n${summary}`);
  return 0;
}

async function settingsProblem(): Promise<string | undefined> {
  try {
    await loadSettings();
    return undefined;
  } catch (error) {
    return error instanceof ImproperlyConfigured ? error.message : String(error);
  }
}
