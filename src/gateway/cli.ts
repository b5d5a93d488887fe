#!/usr/bin/env node
import { loadApplication } from './application.ts';
import { Arbiter } from './arbiter/arbiter.ts';
import { readCommandLine } from './settings/command-line.ts';
import { loadConfig } from './config.ts';
import { ExitCode, exitCodeOf, explain } from './failure.ts';
import { helpText } from './settings/help.ts';
import { openLog } from './log/log.ts';
import { version } from './version.ts';

async function main(args: string[], environment: NodeJS.ProcessEnv): Promise<number> {
  const commandLine = readCommandLine(args, environment);
  if (commandLine.command === 'help') return print(helpText(environment));
  if (commandLine.command === 'version')
    return print(`gateway ${version()} (Node ${process.version})\n`);
  const config = await loadConfig(commandLine, environment);
  if (commandLine.command === 'check-config') {
    await loadApplication(config.applicationName);
    return print(`The settings are valid, and ${config.applicationName} can be loaded.\n`);
  }
  process.title = `gateway: arbiter [${config.applicationName}]`;
  return new Arbiter(config, openLog(config.loglevel)).run();
}

function print(text: string): number {
  process.stdout.write(text);
  return ExitCode.ok;
}

try {
  process.exit(await main(process.argv.slice(2), process.env));
} catch (error) {
  process.stderr.write(`gateway: ${explain(error)}\n`);
  process.exit(exitCodeOf(error));
}
