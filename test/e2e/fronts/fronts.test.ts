import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FRONTS, isInstalled, startFront, startGateway } from './servers.ts';

const folder = mkdtempSync(join(tmpdir(), 'fronts-'));
const leftFile = join(folder, 'left');
let gateway: Awaited<ReturnType<typeof startGateway>>;

beforeAll(async () => {
  gateway = await startGateway(leftFile);
});
afterAll(async () => {
  await gateway.close();
  rmSync(folder, { recursive: true });
});

interface Answer {
  readonly status: number | undefined;
  readonly text: string;
  readonly headers: IncomingMessage['headers'];
}

interface Asked {
  readonly method?: string;
  readonly body?: Buffer;
  readonly agent?: Agent;
  readonly headers?: Readonly<Record<string, string>>;
}

/** @param onPiece gets what came; to give false is to leave. */
async function ask(
  port: number,
  path: string,
  { method = 'GET', body, agent, headers = {} }: Asked = {},
  onPiece: (text: string) => boolean = () => true,
): Promise<Answer> {
  const host = { host: 'localhost', ...headers };
  const sent = httpRequest({
    port,
    path,
    method,
    host: '127.0.0.1',
    headers: host,
    ...(agent && { agent }),
  });
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  sent.on('error', reject);
  sent.on('response', (response) => {
    let text = '';
    const tell = (): void =>
      resolve({ status: response.statusCode, text, headers: response.headers });
    response.on('error', reject);
    response.on('end', tell);
    response.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
      if (onPiece(text)) return;
      tell();
      sent.destroy();
    });
  });
  sent.end(body);
  return promise;
}

// In CI none is skipped.
describe.for(FRONTS.filter((front) => process.env['CI'] || isInstalled(front)))(
  '$name by $protocol',
  (front) => {
    const { protocol } = front;
    let serving: Awaited<ReturnType<typeof startFront>>;

    beforeAll(async () => {
      serving = await startFront(front, protocol === 'cgi' ? 0 : gateway.ports[protocol]);
    });
    afterAll(() => serving.close());

    test('shows a page, and one with a parameter', async () => {
      const page = await ask(serving.port, '/');
      expect(page, serving.output() + gateway.output().slice(-3000)).toMatchObject({ status: 200 });
      expect(page.text).toContain('<!doctype html>');
      expect(await ask(serving.port, '/items/7/')).toMatchObject({
        status: 200,
        text: '{"id":7,"name":"Item 7"}',
      });
      expect(await ask(serving.port, '/nothing/')).toMatchObject({ status: 404 });
    });

    test('tells where the path is, and who asks', async () => {
      const headers = { 'x-a': 'one', cookie: 'a=1; b=2' };
      const { text } = await ask(serving.port, '/environ/caf%C3%A9?a=%20&b', { headers });
      const environ = JSON.parse(text) as Record<string, unknown>;
      expect(environ).toMatchObject({
        REQUEST_METHOD: 'GET',
        SCRIPT_NAME: '',
        PATH_INFO: '/environ/caf\xc3\xa9',
        QUERY_STRING: 'a=%20&b',
        SERVER_PROTOCOL: expect.stringMatching(/^HTTP\/1\.[01]$/),
        HTTP_HOST: expect.stringMatching(/^localhost/),
        REMOTE_ADDR: '127.0.0.1',
        HTTP_X_A: 'one',
        HTTP_COOKIE: 'a=1; b=2',
        'wsgi.url_scheme': 'http',
      });
    });

    test('takes an upload of 20 MB', async () => {
      const body = randomBytes(20_000_000);
      const answer = await ask(serving.port, '/upload', { method: 'POST', body });
      const digest = createHash('sha256').update(body).digest('hex');
      expect(answer, serving.output()).toMatchObject({ status: 200, text: `20000000 ${digest}` });
    });

    test('passes a stream on as it is made', async () => {
      const states: string[] = [];
      const { status, text } = await ask(
        serving.port,
        '/stream/',
        {},
        (soFar) => states.push(soFar) > 0,
      );
      expect(status).toBe(200);
      expect(text).toBe('1 of 5\n2 of 5\n3 of 5\n4 of 5\n5 of 5\n');
      expect(states[0]).not.toContain('5 of 5');
    });

    test('lets the application know that the client is gone', async () => {
      const id = `${front.file}-${process.pid}`;
      await ask(serving.port, `/endless/${id}`, {}, () => false);
      // Apache ends the process of a script.
      const left = (): boolean =>
        protocol === 'cgi'
          ? !serving.scriptPids().some(isAlive)
          : existsSync(leftFile) && readFileSync(leftFile, 'utf8').includes(id);
      await expect.poll(left, { timeout: 20_000 }).toBe(true);
    });

    // A script has nothing to reload.
    test.for(protocol === 'cgi' ? [] : [protocol])(
      'loses no request in a reload, by %s',
      async () => {
        const lost: unknown[] = [];
        let answered = 0;
        const before = readyPids();
        const isOver = (): boolean => {
          if (lost.length > 0) return true;
          const pids = readyPids();
          return pids.length >= before.length + 2 && before.every((pid) => !isAlive(pid));
        };
        const client = async (number: number): Promise<void> => {
          const agent = new Agent({ keepAlive: true, maxSockets: 1 });
          for (let count = 0; !isOver(); count++) {
            const body = Buffer.from(`${number} ${count}`);
            const asked = count % 2 === 0 ? { agent } : { agent, method: 'POST', body };
            const path = count % 2 === 0 ? `/items/${count}/` : '/upload';
            const answer = await ask(serving.port, path, asked).catch((error: unknown) => error);
            if ((answer as Answer).status === 200) answered += 1;
            else lost.push(answer);
          }
          agent.destroy();
        };
        const clients = [1, 2, 3, 4].map(client);
        while (answered < 50 && lost.length === 0) await new Promise(setImmediate);
        gateway.child.kill('SIGHUP');
        await Promise.all(clients);
        expect(lost, serving.output()).toEqual([]);
      },
    );
  },
);

/** Of all workers that have been ready, in that order. */
function readyPids(): number[] {
  return Array.from(gateway.output().matchAll(/is ready \(pid (\d+)/g), ([, pid]) => Number(pid));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
