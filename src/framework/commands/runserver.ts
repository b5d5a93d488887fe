import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { resolveModuleName, SOURCE_ROOT } from '../../wsgi/dotted-name.ts';
import { loadSettings, settings, settingsSource } from '../settings.ts';
import { check } from './check.ts';
import { CommandError, print } from './command.ts';
import type { Command } from './command.ts';

const DEFAULT_ADDRESS = '127.0.0.1:8000';

export const runserver: Command = {
  name: 'runserver',
  usage: '[addr:port]',
  summary: `Serves the project for development and reloads it; on ${DEFAULT_ADDRESS} unless told.`,
  run: serve,
};

/** Runs the gateway as a child until it ends; DEBUG is on unless the environment says otherwise. */
async function serve(args: readonly string[]): Promise<number> {
  const address = parseAddress(args);
  process.env['DEBUG'] ||= 'true';
  await loadSettings();
  refuseUnservable();
  print(`Watching ${SOURCE_ROOT} for changes.\nPerforming system checks...\n`);
  if ((await check.run([])) !== 0) return 1;
  printBanner(address);
  const gateway = startGateway(address);
  forwardSignals(gateway);
  return exitCode(gateway);
}

/** A port, or an address and a port, as the gateway's --bind takes them. */
function parseAddress(args: readonly string[]): string {
  const [text = DEFAULT_ADDRESS, ...rest] = args;
  if (rest.length === 0 && /^\d+$/.test(text)) return `127.0.0.1:${text}`;
  if (rest.length === 0 && /^[^\s-].*:\d+$/.test(text)) return text;
  throw new CommandError(`runserver ${args.join(' ')}: expected a port, or an address and a port.`);
}

function refuseUnservable(): void {
  if (!settings.DEBUG && settings.ALLOWED_HOSTS.length === 0) {
    throw new CommandError('ALLOWED_HOSTS is empty: set it where DEBUG is off.');
  }
  if (!settings.WSGI_APPLICATION) {
    throw new CommandError(
      'WSGI_APPLICATION is not set: set it to the module to serve, such as myproject.wsgi.',
    );
  }
}

function printBanner(address: string): void {
  print(`
${new Date().toLocaleString('en-GB', { dateStyle: 'long', timeStyle: 'medium' })}
Node ${process.version}, settings ${settingsSource()}, DEBUG ${settings.DEBUG ? 'on' : 'off'}
Development server: http://${address}/
Quit with Control-C.
`);
}

/**
 * The gateway's command is started by its path: the framework does not know the gateway. On a change
 * it starts a worker with the new code, and keeps the old one where the new is broken.
 */
function startGateway(address: string): ChildProcess {
  const cli = resolveModuleName('gateway.cli');
  const options = ['--bind', address, '--workers', '1', '--reload', settings.WSGI_APPLICATION];
  // execArgv holds tsx's loader where the sources run.
  return spawn(process.execPath, [...process.execArgv, cli, ...options], { stdio: 'inherit' });
}

function forwardSignals(gateway: ChildProcess): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => gateway.kill(signal));
  }
}

async function exitCode(child: ChildProcess): Promise<number> {
  const [code, signal]: [number | null, NodeJS.Signals | null] = (await once(child, 'exit')) as [
    number | null,
    NodeJS.Signals | null,
  ];
  return code ?? 128 + (signal ? constants.signals[signal] : 0);
}
