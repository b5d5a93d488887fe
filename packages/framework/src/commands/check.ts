import { parseArgs } from 'node:util';
import {
  isAtLeast,
  LEVELS,
  registeredChecks,
  type CheckMessage,
  type Level,
} from '../checks/check.ts';
import { checkDeployment } from '../checks/deployment-check.ts';
import { checkEnvFile } from '../checks/env-file.ts';
import {
  checkManifest,
  checkSettings,
  checkStaticFiles,
  checkStaticNames,
  checkUploadFolder,
  checkUrls,
} from '../checks/project.ts';
import { checkSecretKey, checkSecurity } from '../checks/security.ts';
import { CommandError } from '../errors.ts';
import { loadSettings, settings } from '../settings.ts';
import { print, printError, type Command } from './command.ts';

export const check: Command = {
  name: 'check',
  usage: '[--deploy] [--fail-level LEVEL]',
  summary: 'Looks for mistakes; with --deploy, also for what production needs.',
  /** Gives 1 where something is as bad as the level to fail at. */
  async run(args) {
    const { values } = parseArgs({
      args,
      options: {
        deploy: { type: 'boolean', default: false },
        'fail-level': { type: 'string', default: 'error' },
      },
    });
    await loadSettings();
    const failLevel = parseLevel(values['fail-level']);
    const { messages, silencedCount } = await findIssues(values.deploy);
    for (const message of messages) printError(format(message));
    const issues = messages.length === 1 ? '1 issue' : `${messages.length || 'no'} issues`;
    print(`System check identified ${issues} (${silencedCount} silenced).`);
    return messages.some(({ level }) => isAtLeast(level, failLevel)) ? 1 : 0;
  },
};

const CHECKS = [
  checkEnvFile,
  checkSettings,
  checkUrls,
  checkStaticFiles,
  checkStaticNames,
  checkUploadFolder,
];
const DEPLOY_CHECKS = [checkSecurity, checkSecretKey, checkManifest, checkDeployment];

/** What all checks find, the project's own among them, without what SILENCED_SYSTEM_CHECKS names. */
export async function findIssues(deploy: boolean) {
  const checks = [...CHECKS, ...(deploy ? DEPLOY_CHECKS : []), ...registeredChecks(deploy)];
  const found: CheckMessage[] = [];
  for (const runOne of checks) found.push(...(await runOne()));
  const messages = found.filter(({ id }) => !settings.SILENCED_SYSTEM_CHECKS.includes(id));
  return { messages, silencedCount: found.length - messages.length };
}

function parseLevel(text: string): Level {
  const level = LEVELS.find((candidate) => candidate === text.toLowerCase());
  if (level) return level;
  throw new CommandError(`--fail-level is '${text}': expected one of ${LEVELS.join(', ')}.`);
}

function format({ level, id, message, hint }: CheckMessage): string {
  const line = `${level.toUpperCase()} (${id}) ${message}`;
  return hint ? `${line}\n  ${hint}` : line;
}
