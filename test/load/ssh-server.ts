import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { freePort, listens } from '../../packages/wsgi/test/free-port.ts';

const PATH = `${process.env['PATH']}:/usr/sbin`;

/** An OpenSSH server on loopback, with keys of its own, by which this machine's engine is another's. */
export class SshServer {
  /** For a command that is to reach the engine over ssh. */
  readonly environment: Readonly<Record<string, string>>;
  readonly #folder: string;
  readonly #server: ChildProcess;

  private constructor(folder: string, server: ChildProcess) {
    this.#folder = folder;
    this.#server = server;
    this.environment = { DOCKER_HOST: 'ssh://far', PATH: `${folder}:${PATH}` };
  }

  static async start(): Promise<SshServer> {
    const folder = mkdtempSync(join(tmpdir(), 'ssh-'));
    const port = await freePort();
    for (const name of ['host', 'user']) {
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)]);
    }
    writeConfiguration(folder, port);
    // Where root's sshd confines what has not logged in.
    if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true });
    const words = ['-D', '-f', join(folder, 'sshd_config'), '-E', join(folder, 'log')];
    // It starts itself anew for each connection, and so wants to know where it is.
    const sshd = execFileSync('sh', ['-c', 'command -v sshd'], { env: { PATH }, encoding: 'utf8' });
    const server = spawn(sshd.trim(), words, { stdio: 'ignore' });
    const started = new SshServer(folder, server);
    await started.#accepts(port);
    return started;
  }

  /** How often somebody has logged in. */
  get logins(): number {
    return this.#log.match(/Accepted publickey/g)?.length ?? 0;
  }

  async stop(): Promise<void> {
    this.#server.kill();
    if (this.#server.exitCode === null) await once(this.#server, 'exit');
    rmSync(this.#folder, { recursive: true });
  }

  async #accepts(port: number): Promise<void> {
    for (;;) {
      if (this.#server.exitCode !== null) throw new Error(`sshd does not start: ${this.#log}`);
      if (await listens(port)) return;
      await setTimeout(20);
    }
  }

  get #log(): string {
    return readFileSync(join(this.#folder, 'log'), 'utf8');
  }
}

/** What the server, the client and the command `ssh` go by: nothing of this machine's own. */
function writeConfiguration(folder: string, port: number): void {
  const put = (name: string, ...lines: string[]): void =>
    writeFileSync(join(folder, name), `${lines.join('\n')}\n`);
  put(
    'sshd_config',
    `ListenAddress 127.0.0.1:${port}`,
    `HostKey ${join(folder, 'host')}`,
    `AuthorizedKeysFile ${join(folder, 'user.pub')}`,
    'AuthenticationMethods publickey',
    // The folder of the keys is below one that everybody may write to.
    'StrictModes no',
    'UsePAM no',
    'PidFile none',
    `SetEnv PATH=${PATH}`,
  );
  const host = readFileSync(join(folder, 'host.pub'), 'utf8');
  put('known_hosts', `[127.0.0.1]:${port} ${host}`);
  put(
    'config',
    'Host far',
    'HostName 127.0.0.1',
    `Port ${port}`,
    `User ${userInfo().username}`,
    `IdentityFile ${join(folder, 'user')}`,
    'IdentitiesOnly yes',
    `UserKnownHostsFile ${join(folder, 'known_hosts')}`,
    'BatchMode yes',
  );
  put('ssh', '#!/bin/sh', `PATH=${PATH}`, `exec ssh -F ${join(folder, 'config')} "$@"`);
  chmodSync(join(folder, 'ssh'), 0o755);
}
