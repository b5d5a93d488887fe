import { checkApplication } from './application.ts';
import { Arbiter } from './arbiter/arbiter.ts';
import { endGuard } from './arbiter/signals.ts';
import { watchLoading } from './early-end.ts';
import { ConfigError, endWith, ExitCode } from './errors.ts';
import { heap, profile } from './metrics/inspect.ts';
import { events, stats } from './metrics/stats.ts';
import { top } from './metrics/top.ts';
import { KeptLines, openLog } from './log/log.ts';
import { makeSecret, nameProcess, prepareProcess, version } from './process.ts';
import { readCommandLine, unknownVariables } from './settings/command-line.ts';
import { describeConfig, loadConfig, type LoadedConfig } from './settings/config.ts';
import { helpText } from './settings/help.ts';

/** Does what the command line asks for, and gives the exit code. */
export async function main(args: string[], environment: NodeJS.ProcessEnv): Promise<number> {
  const [first = '', ...rest] = args;
  const ask = QUESTIONS.get(first);
  if (ask !== undefined) {
    endGuard();
    const wantsHelp = rest.includes('--help') || rest.includes('-h');
    await (wantsHelp ? print(helpText(environment)) : ask(rest));
    return ExitCode.ok;
  }
  const commandLine = readCommandLine(args, environment);
  const { command } = commandLine;
  // A check that was ended has found nothing: only what serves ends well by a signal.
  if (command !== 'serve') endGuard();
  if (command === 'help') return print(helpText(environment));
  if (command === 'version') return print(`gateway ${version()} (Node ${process.version})\n`);
  const loaded = await watchLoading(loadConfig(commandLine, environment), (why) => {
    endWith(new ConfigError(`The settings cannot be read: ${why}.`));
  });
  if (command === 'print-config') return print(describeConfig(loaded));
  return command === 'check-config' ? check(loaded) : serve(loaded);
}

/** Of a gateway that runs. */
const QUESTIONS: ReadonlyMap<string, (args: string[]) => unknown> = new Map<
  string,
  (args: string[]) => unknown
>([
  ['stats', async (args: string[]) => print(await stats(args))],
  ['events', async (args: string[]) => print(await events(args))],
  ['top', (args: string[]) => top(args, process)],
  ['profile', (args: string[]) => profile(args, process.stdout)],
  ['heap', (args: string[]) => heap(args, process.stdout)],
]);

async function check({ config }: LoadedConfig): Promise<number> {
  prepareProcess(config);
  await checkApplication(config.applicationName, config.timeout);
  return print(`The settings are valid, and ${config.applicationName} can be loaded.\n`);
}

async function serve(loaded: LoadedConfig): Promise<number> {
  const { config } = loaded;
  nameProcess(config, 'arbiter');
  prepareProcess(config);
  makeSecret();
  const kept = new KeptLines();
  const log = openLog(config, kept);
  if (process.env['GUNICORN_CMD_ARGS'] !== undefined) {
    log.warn('GUNICORN_CMD_ARGS is not read: its name is GATEWAY_CMD_ARGS here');
  }
  for (const what of unknownVariables(process.env)) log.warn(what);
  return new Arbiter({ ...loaded, log, kept }).run();
}

function print(text: string): number {
  process.stdout.write(text);
  return ExitCode.ok;
}
