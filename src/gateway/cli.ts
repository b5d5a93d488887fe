#!/usr/bin/env node
import { ApplicationError, loadApplication } from './application.ts';
import { Arbiter } from './arbiter.ts';
import { readCommandLine, UsageError } from './command-line.ts';
import { ConfigError, loadConfig } from './config.ts';
import { ExitCode, exitCodeOf } from './exit-code.ts';
import { helpText } from './help.ts';
import { openLog } from './log.ts';
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

/** A person made the mistake, so a person is told: no stack where the message says it all. */
function explain(error: unknown): string {
  if (error instanceof UsageError) return `${error.message}\nTry 'gateway --help'.`;
  if (error instanceof ConfigError) return error.message;
  if (error instanceof ApplicationError)
    return error.cause instanceof Error ? `${error.message}\n${error.cause.stack}` : error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

try {
  process.exit(await main(process.argv.slice(2), process.env));
} catch (error) {
  process.stderr.write(`gateway: ${explain(error)}\n`);
  process.exit(exitCodeOf(error));
}
