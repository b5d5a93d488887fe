import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { BoundSocket, createServer } from 'node:net';
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
