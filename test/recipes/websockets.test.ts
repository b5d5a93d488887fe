import { once } from 'node:events';
import { expect, inject, onTestFinished, test } from 'vitest';
import { LIST_PROCESSES, parseProcesses } from '../e2e/process-table.ts';
import { Kitchen } from './kitchen.ts';

const { folder, environment } = inject('kitchen');
const kitchen = new Kitchen(folder, environment);
const ADDRESS = `ws://${environment['HTTP_PORT']}/ws/`;
/** As NGINX_WORKER_SHUTDOWN_TIMEOUT is here. */
const SHUTDOWN_MS = 5000;

/** A client's connection, with what it hears. */
async function connect(headers: Record<string, string> = {}) {
  const socket = new WebSocket(ADDRESS, { headers });
  const heard: unknown[] = [];
  socket.addEventListener('message', ({ data }) => heard.push(data));
  onTestFinished(() => socket.close());
  await once(socket, 'open');
  const closed = once(socket, 'close').then(([event]) => (event as CloseEvent).code);
  return { socket, heard, closed };
}

test('websockets: what one says all hear, by way of nginx', async () => {
  const [one, other] = await Promise.all([connect(), connect()]);
  one.socket.send('good morning');
  other.socket.send('x'.repeat(60_000));
  const all = ['good morning', 'x'.repeat(60_000)].toSorted();
  await expect.poll(() => one.heard.toSorted()).toEqual(all);
  await expect.poll(() => other.heard.toSorted()).toEqual(all);
});

test('websockets: a page of the site may connect, one of another may not', async () => {
  await connect({ Origin: `http://${environment['HTTP_PORT']}` });
  for (const Origin of ['https://evil.example', 'null']) {
    const foreign = new WebSocket(ADDRESS, { headers: { Origin } });
    await once(foreign, 'error');
    expect(foreign.readyState).toBe(WebSocket.CLOSED);
  }
});

test('websockets: a message that is too large ends its connection alone', async () => {
  const [one, other] = await Promise.all([connect(), connect()]);
  one.socket.send('x'.repeat(70_000));
  expect(await one.closed).toBe(1009);
  other.socket.send('still here');
  await expect.poll(() => other.heard).toEqual(['still here']);
});

test('websockets: a reload of nginx keeps one for a while, and takes new ones at once', async () => {
  const one = await connect();
  await kitchen.run('docker compose exec -T nginx nginx -c /tmp/nginx.conf -s reload');
  const reloadedMs = performance.now();
  one.socket.send('after the reload');
  await expect.poll(() => one.heard).toEqual(['after the reload']);
  const next = await connect();
  next.socket.send('next');
  await expect.poll(() => next.heard).toEqual(['next']);
  await one.closed;
  // What it takes to learn that nginx reloads counts, too.
  expect(performance.now() - reloadedMs).toBeGreaterThan(SHUTDOWN_MS / 2);
});

test('websockets: a new application leaves them alone', async () => {
  const one = await connect();
  await kitchen.run('docker compose up --detach --wait --no-deps --force-recreate app');
  one.socket.send('after the release');
  await expect.poll(() => one.heard).toEqual(['after the release']);
});

test('websockets: the service is as hard as the application', async () => {
  const ids = '$(docker compose ps --quiet websockets) $(docker compose ps --quiet app)';
  const [own, its] = JSON.parse(await kitchen.run(`docker inspect ${ids}`)) as HostConfigs;
  for (const name of HARDENED) expect(own?.HostConfig[name], name).toEqual(its?.HostConfig[name]);
  expect(own?.HostConfig).toMatchObject({ ReadonlyRootfs: true, CapDrop: ['ALL'], Init: true });
  const list = await kitchen.run(`docker compose exec -T websockets sh -c '${LIST_PROCESSES}'`);
  for (const status of parseProcesses(list)) {
    const found = ['CapEff', 'NoNewPrivs', 'Seccomp'].map((name) => status.get(name));
    expect(found).toEqual(['0000000000000000', '1', '2']);
  }
});

const HARDENED = ['CapDrop', 'Init', 'LogConfig', 'Memory', 'NanoCpus', 'PidsLimit'].concat([
  'PortBindings',
  'ReadonlyRootfs',
  'RestartPolicy',
  'SecurityOpt',
  'Tmpfs',
]);
type HostConfigs = readonly { readonly HostConfig: Readonly<Record<string, unknown>> }[];

test('websockets: clients are told that it ends, and others that it is not there', async () => {
  const one = await connect();
  await kitchen.run('docker compose stop websockets');
  expect(await one.closed).toBe(1001);
  const missing = await kitchen.ask('/ws/');
  expect([missing.status, missing.headers.get('retry-after')]).toEqual([503, '5']);
  await kitchen.run('docker compose up --detach --wait --no-deps websockets');
  await expect.poll(async () => (await kitchen.ask('/ws/')).status).toBe(200);
  await connect();
});
