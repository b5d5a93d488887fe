import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { constants } from 'node:os';
import { inspect, parseArgs } from 'node:util';
import { environmentWithoutInspector, withoutInspector } from '@wsgi/wsgi/inspector-options';
import { sourceRoot } from '@wsgi/wsgi/names';
import { CommandError, ImproperlyConfigured } from '../errors.ts';
import { findGateway } from '../gateway-command.ts';
import { loadSettings, settings, settingsSource } from '../settings.ts';
import { check } from './check.ts';
import { print, printError, type Command } from './command.ts';
import { watchTypes } from './type-check.ts';

const DEFAULT_ADDRESS = '127.0.0.1:8000';
/** Node's own, where debuggers look. */
const INSPECTOR_ADDRESS = '127.0.0.1:9229';

export const runserver: Command = {
  name: 'runserver',
  usage: '[addr:port] [--inspect[=addr:port]]',
  summary: `Serves the project for development and reloads it; on ${DEFAULT_ADDRESS}, or PORT, unless told.`,
  /** Runs the gateway as a child until it ends; DEBUG is on unless the environment says otherwise. */
  async run(args) {
    const { address, inspector } = parseOptions(args);
    const command = findGateway();
    process.env['DEBUG'] ||= 'true';
    await refuseUsedPort(address);
    print(`Watching ${sourceRoot()} for changes.`);
    await checkProject();
    printBanner(address);
    const gateway = startGateway(command, address, inspector);
    forwardSignals(gateway);
    const endTypes = watchTypes();
    return exitCode(gateway).finally(endTypes);
  },
};

/** The address to serve at, and where a debugger finds the worker's inspector, if one is wanted. */
function parseOptions(args: readonly string[]): { address: string; inspector: string | undefined } {
  const { values, positionals } = parseArgs({
    args: args.map((arg) => (arg === '--inspect' ? `--inspect=${INSPECTOR_ADDRESS}` : arg)),
    options: { inspect: { type: 'string' } },
    allowPositionals: true,
  });
  const [address = defaultAddress(), ...rest] = positionals;
  if (rest.length > 0) throw unexpected(args);
  // In a container by a variable, as it is the host's to say whether its port is there.
  const inspector = values.inspect ?? (process.env['RUNSERVER_INSPECT'] || undefined);
  return {
    address: parseAddress(address, args),
    inspector: inspector === undefined ? undefined : parseAddress(inspector, args),
  };
}

/** PORT is what platforms and other tools for development set. */
function defaultAddress(): string {
  const port = process.env['PORT'];
  if (!port) return DEFAULT_ADDRESS;
  if (/^\d+$/.test(port)) return port;
  throw new CommandError(`The variable PORT is '${port}': expected a port.`);
}

/** A port, or what the gateway's --bind takes: it says itself what is wrong with an address. */
function parseAddress(text: string, args: readonly string[]): string {
  const address = /^\d+$/.test(text) ? `127.0.0.1:${text}` : text;
  if (URL.canParse(`http://${address}`)) return address;
  throw unexpected(args);
}

function unexpected(args: readonly string[]): CommandError {
  return new CommandError(
    `runserver ${args.join(' ')}: expected a port, or an address and a port.`,
  );
}

/** What is broken in the project is told and no reason to stop: the browser shows it until it is mended. */
async function checkProject(): Promise<void> {
  print('Performing system checks...\n');
  try {
    await loadSettings();
    refuseUnservable();
    await check.run([]);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    printError(error instanceof ImproperlyConfigured ? error.message : inspect(error));
  }
}

/** The gateway would wait for the port to come free, which here it does not. */
async function refuseUsedPort(address: string): Promise<void> {
  const { hostname, port } = new URL(`http://${address}`);
  const server = createServer();
  try {
    server.listen({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 80) });
    await once(server, 'listening');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') throw new CommandError(taken(address, Number(port || 80)));
    throw new CommandError(`${address} cannot be listened at: ${String(error)}.`);
  } finally {
    server.close();
  }
}

function taken(address: string, port: number): string {
  return (
    `${address} is in use already: stop what listens there, which \`lsof -i :${port}\` names, ` +
    `or take another port: npm run dev -- ${port + 1}`
  );
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
  const isLoaded = settingsSource() !== undefined;
  const mode = isLoaded ? `DEBUG ${settings.DEBUG ? 'on' : 'off'}` : 'which cannot be loaded';
  print(`
${new Date().toLocaleString('en-GB', { dateStyle: 'long', timeStyle: 'medium' })}
Node ${process.version}, settings ${process.env['SETTINGS_MODULE']}, ${mode}
Development server: http://${address}/
Quit with Control-C.
`);
}

/** On a change it starts a worker with the new code, whose `getWsgiApplication` heeds RUNSERVER. */
function startGateway(
  command: string,
  address: string,
  inspector: string | undefined,
): ChildProcess {
  const options = ['--bind', address, '--workers', '1', '--reload'];
  if (inspector !== undefined) options.push('--inspect', inspector);
  // execArgv holds tsx's loader where the sources run.
  const args = [...withoutInspector(process.execArgv), command, ...options, servedModule()];
  const env = { ...environmentWithoutInspector(process.env), RUNSERVER: 'true' };
  return spawn(process.execPath, args, { stdio: 'inherit', env });
}

/** Settings that cannot be loaded do not say which it is: then it is the `wsgi` beside them. */
function servedModule(): string {
  if (settingsSource() !== undefined) return settings.WSGI_APPLICATION;
  const settingsModule = process.env['SETTINGS_MODULE'] ?? '';
  return settingsModule.replace(/[^./\\]+(?=$|\.[cm]?[jt]s$)/, 'wsgi');
}

function forwardSignals(gateway: ChildProcess): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => gateway.kill(signal));
  }
  // The terminal has gone. The gateway takes HUP for a reload.
  process.on('SIGHUP', () => gateway.kill('SIGTERM'));
}

async function exitCode(child: ChildProcess): Promise<number> {
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return code ?? 128 + (signal ? constants.signals[signal] : 0);
}
