import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { freePort } from '../../wsgi/test/free-port.ts';
import { temporaryFolder } from '../../wsgi/test/temporary-folder.ts';
import { APPLICATIONS, GatewayProcess } from './gateway-process.ts';
import {
  fastcgiHead,
  record,
  streamRecords,
  VARIABLES,
  type Pairs,
} from './protocols/proxy-requests.ts';

/** A connection of a proxy that keeps it, and asks who serves; a POST has a body. */
class KeptConnection {
  readonly #socket: Socket;
  #text = '';
  #wake = Promise.withResolvers<void>();
  isOpen = true;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (bytes: Buffer) => {
      this.#text += bytes.toString('latin1');
      this.#wake.resolve();
    });
    for (const event of ['end', 'close', 'error']) {
      socket.on(event, () => {
        this.isOpen = false;
        this.#wake.resolve();
      });
    }
    onTestFinished(() => void socket.destroy());
  }

  static async open(address: { path: string } | { port: number }): Promise<KeptConnection> {
    const socket = connect(address);
    await once(socket, 'connect');
    return new KeptConnection(socket);
  }

  async ask(method: 'GET' | 'POST' = 'GET', path = '/pid'): Promise<number> {
    const body = Buffer.from(method === 'POST' ? 'a body' : '');
    this.send(fastcgiHead(variables(method, path, body.length), { isKept: true }));
    this.send(streamRecords(5, 1, body));
    return this.answer();
  }

  send(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  /** The process id in the next response. */
  async answer(): Promise<number> {
    const end = record(3, 1, Buffer.alloc(8)).toString('latin1');
    while (!this.#text.includes(end)) {
      if (!this.isOpen) throw new Error(`closed after: ${this.#text}`);
      await this.#wake.promise;
      this.#wake = Promise.withResolvers();
    }
    const answer = this.#text;
    this.#text = '';
    return Number(/\r\n\r\n(\d+)/.exec(answer)?.[1]);
  }
}

function variables(method: string, path: string, length: number): Pairs {
  const told = VARIABLES.filter(([name]) => !/METHOD|URI|QUERY/.test(name));
  const own = [
    ['REQUEST_METHOD', method],
    ['REQUEST_URI', path],
    ['CONTENT_LENGTH', String(length)],
  ] as const;
  return [...told, ...own];
}

/** @param workers how many. */
async function start(
  kind: 'tcp' | 'unix',
  workers: number,
): Promise<{ gateway: GatewayProcess; address: { path: string } | { port: number } }> {
  const port = await freePort();
  const path = join(temporaryFolder(), 'gateway.sock');
  const bind = kind === 'tcp' ? `127.0.0.1:${port}` : `unix:${path}`;
  const gateway = new GatewayProcess([
    ...['--bind', `fastcgi://${bind}`, '--workers', String(workers)],
    join(APPLICATIONS, 'behaviours.ts'),
  ]);
  await gateway.lines(/is ready/, workers);
  return { gateway, address: kind === 'tcp' ? { port } : { path } };
}

test.for(['tcp', 'unix'] as const)(
  'kept FastCGI connections by %s go to the new workers in a reload, and no request is lost',
  async (kind) => {
    const { gateway, address } = await start(kind, 2);
    const connections = await Promise.all(
      Array.from({ length: 8 }, () => KeptConnection.open(address)),
    );
    const idle = await KeptConnection.open(address);
    const old = gateway.workerPids;
    expect(old).toContain(await idle.ask());
    let hasEnded = false;
    const ended = gateway.lines(/has exited/, 2).then(() => (hasEnded = true));
    const served = connections.map(async (connection, index) => {
      const pids = new Set<number>();
      while (!hasEnded) pids.add(await connection.ask(index % 2 === 0 ? 'GET' : 'POST'));
      pids.add(await connection.ask());
      return pids;
    });
    gateway.signal('SIGHUP');
    const pids = await Promise.all(served);
    await ended;
    const fresh = gateway.workerPids.slice(2);
    expect(pids.flatMap((one) => [...one].slice(-1)).every((pid) => fresh.includes(pid))).toBe(
      true,
    );
    expect(connections.every(({ isOpen }) => isOpen)).toBe(true);
    expect(fresh).toContain(await idle.ask());
  },
);

test('a request that has begun is finished by the worker that has it, and the next one is the new worker’s', async () => {
  const { gateway, address } = await start('tcp', 1);
  const [early, late] = [await KeptConnection.open(address), await KeptConnection.open(address)];
  const head = fastcgiHead(variables('POST', '/read', 6), { isKept: true });
  early.send(head.subarray(0, 40));
  late.send(head);
  await gateway.printed(/read/);
  gateway.signal('SIGHUP');
  await gateway.line(/worker 2 is ready/);
  const [first, second] = gateway.workerPids;
  early.send(Buffer.concat([head.subarray(40), streamRecords(5, 1, Buffer.from('a body'))]));
  late.send(streamRecords(5, 1, Buffer.from('a body')));
  expect([await early.answer(), await late.answer()]).toEqual([first, first]);
  expect([await early.ask(), await late.ask('POST')]).toEqual([second, second]);
});

test('where no worker goes on, a kept connection closes with its last response', async () => {
  const { gateway, address } = await start('tcp', 1);
  const connection = await KeptConnection.open(address);
  const answer = connection.ask('GET', '/sleep/500');
  await gateway.printed(/sleep/);
  gateway.signal('SIGTERM');
  expect(gateway.workerPids).toContain(await answer);
  await expect.poll(() => connection.isOpen).toBe(false);
  expect(await gateway.exited).toBe(0);
});
