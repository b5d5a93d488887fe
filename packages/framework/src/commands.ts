import { requireNode } from '@wsgi/wsgi/node-version';
import { print, printError, type Command } from './commands/command.ts';
import { CommandError, ImproperlyConfigured, nearestName } from './errors.ts';
import { endLifespan, enterLifespan } from './lifespan.ts';
import { loadSettings } from './settings.ts';

export { print, printError, CommandError, type Command };

requireNode();
// Not before: an older Node could not even link them.
const { check } = await import('./commands/check.ts');
const { collectstatic } = await import('./commands/collectstatic.ts');
const { copyfiles } = await import('./commands/copyfiles.ts');
const { diffsettings } = await import('./commands/diffsettings.ts');
const { runserver } = await import('./commands/runserver.ts');
const { shell } = await import('./commands/shell.ts');
const { startproject } = await import('./commands/startproject.ts');

const COMMANDS: readonly Command[] = [
  check,
  collectstatic,
  copyfiles,
  diffsettings,
  runserver,
  shell,
  startproject,
];

/**
 * Runs a management command and gives its exit code. Mistakes are shown without a stack.
 *
 * @param own commands of the project's own; they win over ours of the same name.
 */
export async function runCommand(
  argv: readonly string[],
  own: readonly Command[] = [],
): Promise<number> {
  const commands = new Map([...COMMANDS, ...own].map((command) => [command.name, command]));
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreGoneReader);
  try {
    return await dispatch(commands, argv, own);
  } catch (error) {
    if (!isMistake(error)) throw error;
    printError(error.message);
    return 1;
  }
}

/** As in `diffsettings | head -1`: the command goes on to its end, and nobody reads it. */
function ignoreGoneReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

type Commands = ReadonlyMap<string, Command>;

async function dispatch(
  commands: Commands,
  [name = 'help', ...args]: readonly string[],
  own: readonly Command[],
): Promise<number> {
  if (name === 'help' || asksForHelp(name)) {
    return args[0] ? printUsage(find(commands, args[0])) : printHelp([...commands.values()]);
  }
  const command = find(commands, name);
  if (args.some(asksForHelp)) return printUsage(command);
  return own.includes(command) ? runWithin(command, args) : command.run(args);
}

/** Those of the project find what its LIFESPAN opens, as its views do; ours need nothing of it. */
async function runWithin(command: Command, args: readonly string[]): Promise<number> {
  await loadSettings();
  await enterLifespan();
  try {
    return await command.run(args);
  } finally {
    // Also where the command has made an application, and has not closed it.
    await endLifespan();
  }
}

/** @throws {CommandError} where there is none of this name. */
function find(commands: Commands, name: string): Command {
  const command = commands.get(name);
  if (command) return command;
  const suggestion = nearestName(name, ['help', ...commands.keys()]);
  const advice = suggestion ? `Did you mean '${suggestion}'?` : "'help' lists those there are.";
  throw new CommandError(`There is no command '${name}'. ${advice}`);
}

/** Lists the commands; works without valid settings, and says so. */
async function printHelp(commands: readonly Command[]): Promise<number> {
  const rows = commands.map(({ name, usage, summary }) => [`${name} ${usage}`, summary] as const);
  const width = Math.max(...rows.map(([synopsis]) => synopsis.length)) + 2;
  print('Usage: npm run manage -- COMMAND [ARGUMENTS]\n\nCommands:');
  for (const [synopsis, summary] of rows) print(`  ${synopsis.padEnd(width)}${summary}`);
  const problem = await settingsProblem();
  if (problem) print(`\nThe settings are not configured, which most commands need.\n${problem}`);
  return 0;
}

function printUsage({ name, usage, summary }: Command): number {
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

function asksForHelp(argument: string): boolean {
  return argument === '--help' || argument === '-h';
}

function isMistake(error: unknown): error is Error {
  if (error instanceof CommandError || error instanceof ImproperlyConfigured) return true;
  // node:util's parseArgs
  const code = error instanceof TypeError && 'code' in error ? String(error.code) : '';
  return code.startsWith('ERR_PARSE_ARGS_');
}
