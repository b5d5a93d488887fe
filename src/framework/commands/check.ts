import { parseArgs } from 'node:util';
import { CommandError } from '../errors.ts';
import { isAtLeast, LEVELS, runChecks, type CheckMessage, type Level } from '../checks/check.ts';
import { checkTags, selectChecks } from '../checks/registry.ts';
import { loadSettings } from '../settings.ts';
import { print, printError, type Command } from './command.ts';

export const check: Command = {
  name: 'check',
  usage: '[--deploy] [--tag TAG]... [--fail-level LEVEL] [--list-tags]',
  summary: 'Looks for mistakes; with --deploy, also for what production needs.',
  run: runCheck,
};

/** Runs the checks and prints what they find; 1 where something is as bad as the level to fail at. */
async function runCheck(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      deploy: { type: 'boolean', default: false },
      tag: { type: 'string', short: 't', multiple: true, default: [] },
      'fail-level': { type: 'string', default: 'error' },
      'list-tags': { type: 'boolean', default: false },
    },
  });
  await loadSettings();
  if (values['list-tags']) return listTags(values.deploy);
  const failLevel = parseLevel(values['fail-level']);
  requireTags(values.tag, values.deploy);
  const { messages, silencedCount } = await runChecks(
    selectChecks({ deploy: values.deploy, tags: values.tag }),
  );
  for (const message of messages) printError(format(message));
  const issues = messages.length === 1 ? '1 issue' : `${messages.length || 'no'} issues`;
  print(`System check identified ${issues} (${silencedCount} silenced).`);
  return messages.some(({ level }) => isAtLeast(level, failLevel)) ? 1 : 0;
}

function listTags(deploy: boolean): number {
  for (const tag of checkTags(deploy)) print(tag);
  return 0;
}

function parseLevel(text: string): Level {
  const level = LEVELS.find((candidate) => candidate === text.toLowerCase());
  if (level) return level;
  throw new CommandError(`--fail-level is '${text}': expected one of ${LEVELS.join(', ')}.`);
}

/** Each has to select a check that runs: what checks nothing would pass. */
function requireTags(tags: readonly string[], deploy: boolean): void {
  const idle = tags.find((tag) => !checkTags(deploy).includes(tag));
  if (idle === undefined) return;
  const known = checkTags(true);
  throw new CommandError(
    known.includes(idle)
      ? `The checks with the tag '${idle}' run with --deploy alone: add it.`
      : `No check has the tag '${idle}': expected one of ${known.join(', ')}.`,
  );
}

function format({ level, id, message, hint }: CheckMessage): string {
  const line = `${level.toUpperCase()} (${id}) ${message}`;
  return hint ? `${line}\n  ${hint}` : line;
}
