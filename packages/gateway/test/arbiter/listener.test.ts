import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { BoundSocket, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { CHILD_ENVIRONMENT } from '../../../wsgi/test/child-environment.ts';
import { freePort } from '../../../wsgi/test/free-port.ts';
import { temporaryFolder } from '../../../wsgi/test/temporary-folder.ts';
import { APPLICATIONS, GatewayProcess } from '../gateway-process.ts';

const CLI = join(import.meta.dirname, '../../src/cli.ts');
const FIVE_LINES = join(APPLICATIONS, 'five-lines.ts');
const SLOW_START = join(APPLICATIONS, 'slow-start.ts');

test('a file that is no socket is not taken for one', async () => {
  const path = join(temporaryFolder(), 'precious');
  writeFileSync(path, 'precious');
  const gateway = new GatewayProcess(['-b', `unix:${path}`, FIVE_LINES]);
  expect(await gateway.exited).toBe(1);
  expect(gateway.errorText).toContain(
    `Cannot listen at unix:${path}: ${path} is there and is no socket.`,
  );
  expect(readFileSync(path, 'utf8')).toBe('precious');
});

test('a socket in a folder that is not there is refused with that', async () => {
  const gateway = new GatewayProcess(['-b', 'unix:/nowhere/socket', FIVE_LINES]);
  expect(await gateway.exited).toBe(1);
  expect(gateway.errorText).toContain('unix:/nowhere/socket: there is no folder /nowhere.');
});

test('the file of a gateway whose workers still start is not taken away', async () => {
  const folder = temporaryFolder();
  const [path, startsWith] = [join(folder, 'socket'), join(folder, 'go')];
  const first = new GatewayProcess(['-w', '1', '-b', `unix:${path}`, SLOW_START], {
    STARTS_WITH: startsWith,
  });
  await first.line(/serving/);
  const second = new GatewayProcess(['-w', '1', '-b', `unix:${path}`, FIVE_LINES]);
  expect(await second.exited).toBe(1);
  expect(second.errorText).toMatch(/Is another server running there/);
  writeFileSync(startsWith, '');
  await first.line(/is ready/);
  const [response] = await once(request({ socketPath: path }).end(), 'response');
  expect(response.resume().statusCode).toBe(200);
});

test('at the end a socket file is left alone that another gateway has put there', async () => {
  const path = join(temporaryFolder(), 'socket');
  const gateway = new GatewayProcess(['-w', '1', '-b', `unix:${path}`, FIVE_LINES]);
  await gateway.line(/is ready/);
  renameSync(path, `${path}.old`);
  const other = createServer().listen(path);
  onTestFinished(() => void other.close());
  await once(other, 'listening');
  gateway.signal('SIGTERM');
  expect(await gateway.exited).toBe(0);
  expect(existsSync(path)).toBe(true);
});

test('of two gateways at one port, the one that is ready later says why it cannot be', async () => {
  const startsWith = join(temporaryFolder(), 'go');
  const address = `127.0.0.1:${await freePort()}`;
  const first = new GatewayProcess(['-w', '1', '-b', address, SLOW_START], {
    STARTS_WITH: startsWith,
  });
  await first.line(/serving/);
  const second = new GatewayProcess(['-w', '1', '-b', address, FIVE_LINES]);
  await second.line(/is ready/);
  writeFileSync(startsWith, '');
  expect(await first.exited).toBe(1);
  const [line] = first.log.filter(({ level }) => level === 'fatal');
  expect(line?.msg).toMatch(/could not start: .*EADDRINUSE.*Is another server running there\?$/);
  expect(line?.msg).toContain(`Cannot listen at http://${address}: `);
});

const NAMES = ['--import', join(import.meta.dirname, 'two-addresses.ts')];

/** The addresses at which it says that it serves. */
async function placesOf(gateway: GatewayProcess): Promise<string[]> {
  const { msg } = await gateway.line(/serving .* at http/);
  return msg.replace(/.* at | \(pid .*/g, '').split(', ');
}

test('all that a name means is bound, at one port, and for the metrics too', async () => {
  const gateway = new GatewayProcess(
    ['-w', '1', '-b', 'both.test:0', '--metrics-bind', 'both.test:0', FIVE_LINES],
    { NODE_OPTIONS: [process.env['NODE_OPTIONS'], ...NAMES].join(' ') },
  );
  await gateway.line(/is ready/);
  const places = await placesOf(gateway);
  const port = new URL(places[0] ?? '').port;
  expect(places).toEqual([`http://127.0.0.1:${port}`, `http://127.0.0.2:${port}`]);
  for (const place of places) expect((await fetch(place)).status).toBe(200);
  const metrics = gateway.log.filter(({ msg }) => msg.startsWith('metrics at '));
  expect(metrics).toHaveLength(2);
  for (const { msg } of metrics) {
    expect((await fetch(msg.replace('metrics at ', ''))).status).toBe(200);
  }
});

test('an address of a name that this machine has not is left out, one in use is named', async () => {
  const taken = createServer().listen(0, '127.0.0.2');
  onTestFinished(() => void taken.close());
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const environment = { NODE_OPTIONS: [process.env['NODE_OPTIONS'], ...NAMES].join(' ') };
  const partly = new GatewayProcess(
    ['-w', '1', '-b', `partly.test:${port}`, FIVE_LINES],
    environment,
  );
  await partly.line(/is ready/);
  expect(await placesOf(partly)).toEqual([`http://127.0.0.1:${port}`]);
  partly.kill();
  await partly.exited;
  const gateway = new GatewayProcess(
    ['-b', `both.test:0,both.test:${port}`, FIVE_LINES],
    environment,
  );
  expect(await gateway.exited).toBe(1);
  expect(gateway.errorText).toContain(`Cannot listen at http://127.0.0.2:${port}: bind EADDRINUSE`);
});

test('an address that is given by its name too is bound once', async () => {
  const port = await freePort();
  const gateway = new GatewayProcess(
    ['-w', '1', '-b', `127.0.0.2:${port},both.test:${port}`, FIVE_LINES],
    { NODE_OPTIONS: [process.env['NODE_OPTIONS'], ...NAMES].join(' ') },
  );
  await gateway.line(/is ready/);
  const [first, second] = [`http://127.0.0.2:${port}`, `http://127.0.0.1:${port}`];
  expect(await placesOf(gateway)).toEqual([first, second]);
  expect((await fetch(second)).status).toBe(200);
});

test.for(['0.0.0.0:PORT,[::]:PORT', '[::]:PORT,0.0.0.0:PORT', '[::]:PORT,127.0.0.1:PORT'])(
  '%s are bound beside each other',
  async (bind) => {
    const port = await freePort();
    const addresses = bind.replaceAll('PORT', String(port));
    const gateway = new GatewayProcess(['-w', '1', '-b', addresses, FIVE_LINES]);
    await gateway.line(/is ready/);
    for (const host of ['127.0.0.1', '[::1]']) {
      expect((await fetch(`http://${host}:${port}/`)).status).toBe(200);
    }
  },
);

test('[::] alone takes IPv4 too', async () => {
  const gateway = new GatewayProcess(['-w', '1', '-b', '[::]:0', FIVE_LINES]);
  const { port } = await gateway.untilReady(1);
  expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
});

test('two addresses of which one holds the other are refused with the name of one', async () => {
  const port = await freePort();
  const gateway = new GatewayProcess(['-b', `0.0.0.0:${port},127.0.0.1:${port}`, FIVE_LINES]);
  expect(await gateway.exited).toBe(1);
  const [line] = gateway.log.filter(({ level }) => level === 'fatal');
  expect(line?.msg).toContain(`Cannot listen at http://127.0.0.1:${port}: listen EADDRINUSE`);
});

test.for<[count: string, message: string]>([
  ['abc', 'LISTEN_FDS is "abc": expected a number.'],
  ['2', 'LISTEN_FDS is "2": descriptor 4 is no socket.'],
])('LISTEN_FDS=%s with one socket is refused', async ([count, message]) => {
  const socket = new BoundSocket({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => socket.close());
  const script = 'LISTEN_PID=$$ exec "$0" "$@"';
  const gateway = spawn('sh', ['-c', script, process.execPath, CLI, FIVE_LINES], {
    env: { ...CHILD_ENVIRONMENT, LISTEN_FDS: count },
    stdio: ['ignore', 'ignore', 'pipe', socket.fd()],
  });
  onTestFinished(() => void gateway.kill('SIGKILL'));
  expect(gateway.stderr && (await text(gateway.stderr))).toBe(`gateway: ${message}\n`);
});
