import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { copyWorkingTree, linkModules } from '../../packages/framework/test/commands/clone.ts';
import { freePort } from '../../packages/wsgi/test/free-port.ts';
import { useStack } from '../../test/e2e/stack.ts';

const ROOT = join(import.meta.dirname, '../..');
const PAGE = readFileSync(join(ROOT, 'docs/operate.md'), 'utf8');

/** Each block of commands, with the heading that it stands below. */
const BLOCKS = PAGE.split(/^## /m).flatMap((section) => {
  const heading = section.slice(0, section.indexOf('\n'));
  const blocks = section.matchAll(/^```(sh|ts)\n([^`]+)```$/gm);
  return Array.from(blocks, ([, language = '', text = '']) => ({ heading, language, text }));
});
const used = new Set<string>();

const folder = mkdtempSync(join(tmpdir(), 'operate-'));
const clone = join(folder, 'project');
const environment = { HTTP_PORT: '', COMPOSE_PROJECT_NAME: `operate-${process.pid}` };
const url = (path = '/'): URL =>
  new URL(path, `http://localhost:${environment.HTTP_PORT.split(':')[1]}`);

useStack(async () => {
  copyWorkingTree(clone);
  linkModules(clone);
  writeFileSync(
    join(clone, 'docker-compose.override.yml'),
    "services: { app: { volumes: ['home:/home/node'] } }\nvolumes: { home: }\n",
  );
  environment.HTTP_PORT = `127.0.0.1:${await freePort()}`;
  return async () => {
    await run('docker compose down --volumes --remove-orphans --rmi local');
    rmSync(folder, { recursive: true });
  };
});

/** Runs commands of the page as they stand there, but for the port, and gives what they print. */
async function run(text: string): Promise<string> {
  used.add(text);
  const commands = text.replaceAll('http://localhost:8080', url().origin);
  const options = { cwd: clone, env: { ...process.env, ...environment }, maxBuffer: 2 ** 26 };
  const { stdout } = await promisify(execFile)('bash', ['-ec', commands], options).catch(
    (error: unknown) => {
      const { stdout: out, stderr } = error as { stdout: string; stderr: string };
      throw new Error(`${commands}\n${out}\n${stderr}`, { cause: error });
    },
  );
  return stdout;
}

/** The block at `index` below a heading. */
function block(heading: string, index = 0): string {
  const { text } = BLOCKS.filter((one) => one.heading === heading)[index] ?? {};
  if (text === undefined)
    throw new Error(`docs/operate.md has no block ${index} below '${heading}'.`);
  used.add(text);
  return text;
}

/** Its commands, one by one. */
const lines = (heading: string): string[] => block(heading).trim().split('\n');

const statusOf = async (path = '/'): Promise<number> => (await fetch(url(path))).status;
const soon = { timeout: 20_000, interval: 100 };

test('the first start, and what a browser gets that comes by another name', async () => {
  expect(await run(block('The first start'))).toContain('Nothing found.');
  expect(await statusOf()).toBe(200);
  const [refused] = await run(
    `curl -s -w '%{http_code}' -H 'Host: myhost:8080' ${url().origin}`,
  ).then((text) => text.match(/\d+$/) ?? []);
  expect(refused).toBe('400');
  const log = await run(block('The first start', 1));
  expect(log).toMatch(/Host 'myhost:8080' is not allowed.*myhost.*ALLOWED_HOSTS/);
});

test('what must agree is compared, in the clone and in the container', async () => {
  for (const line of lines('What must agree')) {
    expect(await run(`${line} 2>&1 || [ $? = 1 ]`)).toMatch(
      /System check identified (no|\d+) issues?/,
    );
  }
});

test('the table of findings has all that there are, and no others', () => {
  const checks = join(ROOT, 'packages/framework/src/checks');
  const sources = execFileSync('grep', ['-rhoE', "'deploy\\.[EWI][0-9]+'", checks], {
    encoding: 'utf8',
  });
  const ids = [...new Set(sources.match(/deploy\.\w+/g))];
  const listed = Array.from(PAGE.matchAll(/^\| `(deploy\.\w+)`/gm), ([, id = '']) => id);
  expect(listed.toSorted()).toEqual(ids.toSorted());
});

test('the lines of one request are joined by its id', async () => {
  const logged = (await run(block('Logs'))).trim().split('\n');
  const entries = logged.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(entries.map(({ status }) => status)).toEqual([200, 200]);
  expect(new Set(entries.map(({ request_id: id }) => id)).size).toBe(1);
});

test('slow requests and failures are found in the lines', async () => {
  await (await fetch(url('/stream/'))).text();
  expect(await run(block('Logs', 1))).toMatch(/"target":"\/stream\/","status":200/);
  expect(await run(block('Logs', 2))).toMatch(/\tinfo\tworker \d+ is ready/);
});

test('signals reload gateway and nginx, and leave the restart policy in force', async () => {
  await run(block('Signals'));
  const reloaded = (): Promise<string> => run(block('Logs', 2));
  await expect.poll(reloaded, soon).toMatch(/SIGHUP received[^]*worker \d+ is ready/);
  expect(await statusOf()).toBe(200);
  await run("docker compose exec -T nginx sh -c 'kill -KILL $(cat /tmp/nginx.pid)' || true");
  await expect.poll(() => statusOf().catch(String), soon).toBe(200);
});

test('what the gateway complained of is told whatever the log has forgotten', async () => {
  await run(killWorker);
  const told = (): Promise<string> => run(block('Logs', 3));
  await expect.poll(told, soon).toMatch(/"level":"error","msg":"worker \d+ died: SIGKILL/);
  await expect.poll(() => statusOf().catch(String), soon).toBe(200);
});

const killWorker =
  'pid=$(docker compose exec -T app node_modules/.bin/gateway stats --json | jq .workers[0].pid); ' +
  'docker compose exec -T app sh -c "kill -KILL $pid"';

test('there can be more containers, and one again', async () => {
  const [more = '', fewer = ''] = lines('Scale');
  const count = async () => (await run('docker compose ps --quiet app')).trim().split('\n').length;
  await run(more);
  expect(await count()).toBe(2);
  await run(fewer);
  expect(await count()).toBe(1);
  await expect.poll(() => statusOf(), soon).toBe(200);
});

test('a release is built and served', async () => {
  writeFileSync(
    join(clone, 'src/myproject/views.ts'),
    readFileSync(join(clone, 'src/myproject/views.ts'), 'utf8').replace('Item ${', 'Article ${'),
  );
  await run(block('Release, and back'));
  const item = async () => (await fetch(url('/items/7/'))).text();
  await expect.poll(item, soon).toContain('Article 7');
});

test('a rotated secret leaves the former one in force', async () => {
  const settings = join(clone, 'src/myproject/settings.ts');
  const snippet = block('Rotate the secret').replace(/^\/\/.*\n/, '');
  writeFileSync(settings, readFileSync(settings, 'utf8') + snippet);
  const signed = (await run(inApplication("sign('value', { salt: 'a' })"))).trim();
  await run(block('Rotate the secret', 1));
  expect(await run(inApplication(`unsign('${signed}', { salt: 'a' })`))).toBe('value\n');
  expect((await run(inApplication("sign('value', { salt: 'a' })"))).trim()).not.toBe(signed);
});

/** Prints an expression with the application's settings, in its container. */
function inApplication(expression: string): string {
  const code = `import { loadSettings } from '@wsgi/framework/settings';
    import { sign, unsign } from '@wsgi/framework';
    process.env.SETTINGS_MODULE = 'myproject.settings';
    await loadSettings();
    console.log(${expression});`;
  return `docker compose exec -T app node --input-type=module -e "${code}"`;
}

test('maintenance begins, outlives nginx, and ends', async () => {
  const [begin = '', end = ''] = lines('Maintenance');
  await run(begin);
  await run('docker compose restart nginx && docker compose up --detach --wait --no-recreate');
  const response = await fetch(url());
  expect([response.status, response.headers.has('retry-after')]).toEqual([503, true]);
  await run(end);
  expect(await statusOf()).toBe(200);
});

test('a drained container answers 503, and serves again', async () => {
  const [drain = '', serve = ''] = lines('Drain');
  await run(drain);
  await expect.poll(() => statusOf(), soon).toBe(503);
  await run(serve);
  await expect.poll(() => statusOf(), soon).toBe(200);
});

test('commands run once, where the application is, and beside it', async () => {
  const [inside = '', beside = ''] = lines('One-off commands');
  expect(await run(inside)).toContain("SECRET_KEY = '********'");
  expect(await run(`${beside} 2>&1`)).toContain('System check identified');
});

test('what was backed up can be put back', async () => {
  const [save = '', putBack = '', copy = ''] = lines('Backup');
  const inside = (script: string) => run(`docker compose exec -T app sh -c '${script}'`);
  await inside('echo kept > /home/node/photo');
  await run(save);
  await inside('rm /home/node/photo');
  await run(putBack);
  expect(await inside('cat /home/node/photo')).toBe('kept\n');
  await run(copy);
  expect(statSync(join(clone, 'env.backup')).size).toBeGreaterThan(0);
});

test('a profile and a heap snapshot come out of the container', async () => {
  const [stats = '', ...others] = lines('What is slow, and what holds memory');
  const table = await run(stats);
  const [, worker = ''] = /^ *(\d+) +\d+ +ready/m.exec(table) ?? [];
  expect(worker).not.toBe('');
  for (const line of others) {
    used.add(line);
    await run(line.replace(/(profile|heap) 1/, `$1 ${worker}`));
  }
  const read = (name: string): object =>
    JSON.parse(readFileSync(join(clone, name), 'utf8')) as object;
  expect(read('worker.cpuprofile')).toHaveProperty('nodes');
  expect(read('worker.heapsnapshot')).toHaveProperty('snapshot');
});

test('every block of the page was tried here', () => {
  expect(BLOCKS.length).toBeGreaterThan(12);
  expect(BLOCKS.map(({ text }) => text).filter((text) => !used.has(text))).toEqual([]);
});
