import { CommandError, ImproperlyConfigured } from '../errors.ts';
import { nearest } from '../../wsgi/nearest.ts';
import { check } from './check.ts';
import { collectstatic } from './collectstatic.ts';
import { printError, type Command } from './command.ts';
import { diffsettings } from './diffsettings.ts';
import { printHelp, printUsage } from './help.ts';
import { runserver } from './runserver.ts';
import { shell } from './shell.ts';
import { startproject } from './startproject.ts';

const COMMANDS: readonly Command[] = [
  check,
  collectstatic,
  diffsettings,
  runserver,
  shell,
  startproject,
];

/** Runs a management command and gives its exit code. Mistakes are shown without a stack. */
export async function runCommand(argv: readonly string[]): Promise<number> {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreGoneReader);
  try {
    return await dispatch(argv);
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

async function dispatch([name = 'help', ...args]: readonly string[]): Promise<number> {
  if (name === 'help' || asksForHelp(name))
    return args[0] ? printUsage(find(args[0])) : printHelp(COMMANDS);
  const command = find(name);
  return args.some(asksForHelp) ? printUsage(command) : command.run(args);
}

/** @throws {CommandError} where there is none of this name. */
function find(name: string): Command {
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (command) return command;
  throw new CommandError(unknownCommand(name));
}

function asksForHelp(argument: string): boolean {
  return argument === '--help' || argument === '-h';
}

function unknownCommand(name: string): string {
  const names = COMMANDS.map((command) => command.name);
  const suggestion = nearest(name, ['help', ...names]);
  const advice = suggestion ? `Did you mean '${suggestion}'?` : "'help' lists those there are.";
  return `There is no command '${name}'. ${advice}`;
}

function isMistake(error: unknown): error is Error {
  if (error instanceof CommandError || error instanceof ImproperlyConfigured) return true;
  // node:util's parseArgs
  return (
    error instanceof TypeError &&
    'code' in error &&
    String(error.code).startsWith('ERR_PARSE_ARGS_')
  );
}
