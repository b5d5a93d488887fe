import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../../../wsgi/test/temporary-folder.ts';
import { APPLICATIONS, GatewayProcess } from '../gateway-process.ts';

/** What receives as systemd does, on a datagram socket: a line for each message. */
const RECEIVER = `
import socket, sys
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind(sys.argv[1])
print('bound', flush=True)
while True: print(receiver.recv(4096).decode().strip().replace('\\n', ' '), flush=True)
`;

const isMissing =
  spawnSync('systemd-notify', ['--version']).status !== 0 ||
  spawnSync('python3', ['--version']).status !== 0;

/** The messages that tell of a state; the last of each process is its own affair. */
async function receive(socket: string): Promise<() => string[]> {
  const receiver: ChildProcess = spawn('python3', ['-c', RECEIVER, socket], { stdio: 'pipe' });
  onTestFinished(() => void receiver.kill());
  let text = '';
  receiver.stdout?.on('data', (piece) => (text += String(piece)));
  await once(receiver.stdout as NodeJS.ReadableStream, 'data');
  return () => text.split('\n').filter((line) => /^(?!BARRIER)[A-Z]+=1/.test(line));
}

test.skipIf(isMissing)(
  'a service manager is told of the start, of reloads that succeed or fail, and of the stop',
  async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'app.ts');
    const five = JSON.stringify(join(APPLICATIONS, 'five-lines.ts'));
    writeFileSync(file, `export { application } from ${five};`);
    const told = await receive(join(folder, 'notify'));
    const environment = { NOTIFY_SOCKET: join(folder, 'notify') };
    const gateway = new GatewayProcess(['-w', '1', '-b', '127.0.0.1:0', file], environment);
    await gateway.line(/is ready/);
    await expect.poll(told).toEqual(['READY=1']);

    const reloading = expect.stringMatching(/^RELOADING=1 MONOTONIC_USEC=\d+$/);
    gateway.signal('SIGHUP');
    await gateway.lines(/is ready/, 2);
    await expect.poll(told).toEqual(['READY=1', reloading, 'READY=1']);

    writeFileSync(file, 'throw new Error("planted");');
    gateway.signal('SIGHUP');
    await gateway.line(/reload given up/);
    await expect.poll(told).toHaveLength(5);
    // The settings, too, may be what cannot be read.
    mkdirSync(join(folder, 'gateway.config.ts'));
    gateway.signal('SIGHUP');
    await expect.poll(told).toHaveLength(7);
    expect(told().slice(3)).toEqual([reloading, 'READY=1', reloading, 'READY=1']);

    gateway.signal('SIGTERM');
    await expect.poll(told).toHaveLength(8);
    expect(told().at(-1)).toBe('STOPPING=1');
    expect(await gateway.exited).toBe(0);
  },
);

test.skipIf(isMissing)('a service manager that watches is told within half its time', async () => {
  const folder = temporaryFolder();
  const told = await receive(join(folder, 'notify'));
  const environment = { NOTIFY_SOCKET: join(folder, 'notify'), WATCHDOG_USEC: '400000' };
  void new GatewayProcess(
    ['-w', '1', '-b', '127.0.0.1:0', join(APPLICATIONS, 'five-lines.ts')],
    environment,
  );
  await expect.poll(() => told().filter((line) => line === 'WATCHDOG=1').length).toBeGreaterThan(2);
});

test('without its command the gateway serves, and says so', async () => {
  const environment = { NOTIFY_SOCKET: '/nowhere/notify', PATH: '/nowhere' };
  const gateway = await GatewayProcess.startIn(environment, 'five-lines.ts', '--workers', '1');
  expect((await gateway.line(/systemd-notify failed/)).level).toBe('error');
});

test.skipIf(spawnSync('systemd-analyze', ['--version']).status !== 0)(
  'the unit in docs/gateway.md is one',
  () => {
    const page = readFileSync(join(import.meta.dirname, '../../../../docs/gateway.md'), 'utf8');
    const [, unit = ''] = /^```ini\n# \S+\n([^]*?)^```$/m.exec(page) ?? [];
    const file = join(temporaryFolder(), 'myproject.service');
    writeFileSync(file, unit.replace('User=myproject\n', '').replace('/srv/myproject', '/tmp'));
    const { stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', file]);
    // systemd knows that type since its version 253.
    expect(String(stderr).replace(/^.*ignoring: notify-reload\n/m, '')).toBe('');
  },
);
