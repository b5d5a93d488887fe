import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, beforeEach, expect, inject, test, vi } from 'vitest';
import { freePort } from '../../packages/wsgi/test/free-port.ts';
import { SNIPPETS } from './recipes.ts';

const ROOT = join(import.meta.dirname, '../..');
/** What a new user wrote in an afternoon, with docs/recipes.md: it lies over a fresh clone. */
const WRITTEN = join(import.meta.dirname, 'first-afternoon');
/** What was taken from docs/recipes/ as it stands there. */
const TAKEN = ['postgresql', 'openapi', 'jobs'];
const RECIPES = join(ROOT, 'test/recipes');

/** Other frameworks and other servers have a test of their own. */
const ADAPTERS = join(import.meta.dirname, 'adapters');

const folder = mkdtempSync(join(tmpdir(), 'afternoon-'));
const clone = join(folder, 'project');
const environment = {
  HTTP_PORT: '',
  HTTPS_PORT: '',
  TEST_DATABASE_PORT: '',
  COMPOSE_PROJECT_NAME: `afternoon-${process.pid}`,
  APP_TMP: '5m',
};

// nginx made its certificate itself.
vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');

// Without an engine all of it is skipped.
const provided = inject('stack');
beforeEach(({ skip }) => {
  if ('missing' in provided) skip(provided.missing);
});

beforeAll(async () => {
  if ('missing' in provided) return undefined;
  await promisify(execFile)('git', ['clone', '--quiet', ROOT, clone]);
  for (const name of TAKEN) cpSync(join(RECIPES, name), clone, { recursive: true });
  cpSync(WRITTEN, clone, { recursive: true });
  writeFileSync(join(folder, 'secret_key'), 'the key of this afternoon, '.repeat(3));
  writeFileSync(join(folder, 'database_password'), 'the password of this afternoon');
  environment.HTTP_PORT = `127.0.0.1:${await freePort()}`;
  environment.HTTPS_PORT = `127.0.0.1:${await freePort()}`;
  environment.TEST_DATABASE_PORT = String(await freePort());
  try {
    await run(`npm install --no-audit --no-fund --prefer-offline ${packages()}`);
    await run('deploy/release');
    return takeAway;
  } catch (error) {
    await run('docker compose logs --tail 50').then(console.error).finally(takeAway);
    throw error;
  }
}, 240_000);

/** What the pages of those recipes install, at the versions that they are tried with. */
function packages(): string {
  const text = readFileSync(join(RECIPES, 'package.json'), 'utf8');
  const all = Object.assign({}, ...Object.values(JSON.parse(text) as object)) as Record<
    string,
    string
  >;
  return ['kysely', 'pg', '@types/pg', 'pg-boss', 'zod']
    .map((name) => `${name}@${all[name]}`)
    .join(' ');
}

async function takeAway(): Promise<void> {
  await run("docker compose --profile '*' down --volumes --remove-orphans --rmi local");
  // Those that have a name of their own.
  const own = `docker images --quiet '${environment.COMPOSE_PROJECT_NAME}-*'`;
  await run(`${own} | sort -u | xargs --no-run-if-empty docker rmi --force`);
  rmSync(folder, { recursive: true });
}

async function run(line: string): Promise<string> {
  const options = { cwd: clone, env: { ...process.env, ...environment } };
  const { stdout } = await promisify(execFile)('sh', ['-c', line], options);
  return stdout;
}

function ask(path: string, init?: RequestInit): Promise<Response> {
  return fetch(`https://localhost:${environment.HTTPS_PORT.split(':')[1]}${path}`, init);
}

const OWN = SNIPPETS.filter(([name]) => !existsSync(join(ADAPTERS, name)));

/** What a later recipe changed once more: the commands. */
const CHANGED_AGAIN = /^process\.exitCode = /;

test.for(OWN)('the recipe for %s is what was written there', ([name, text]) => {
  const written = readFileSync(join(WRITTEN, name), 'utf8').split('\n');
  const missing = text.split('\n').filter((line) => {
    const at = written.indexOf(line);
    if (at !== -1) written.splice(0, at + 1);
    return at === -1;
  });
  expect(missing.filter((line) => line !== '' && !CHANGED_AGAIN.test(line))).toEqual([]);
});

test.for(OWN.filter(([name]) => isOwnSource(name)))(
  'the recipe for %s, which the sample project does not have, is the whole file',
  ([name, text]) => {
    expect(text).toBe(readFileSync(join(WRITTEN, name), 'utf8'));
  },
);

function isOwnSource(name: string): boolean {
  return name.endsWith('.ts') && !existsSync(join(ROOT, name));
}

test('all that was written is a recipe', () => {
  const files = readdirSync(WRITTEN, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.svg'))
    .map((entry) => relative(WRITTEN, join(entry.parentPath, entry.name)));
  const names = OWN.map(([name]) => name);
  expect([...new Set(names)].toSorted()).toEqual(files.toSorted());
});

// What a line of the sample project became in the hands of the user; all else is added to it.
const CHANGED_LINES = {
  'src/myproject/settings.ts': [/^export const STATICFILES_DIRS/],
  'src/manage.ts': [/^process.exitCode = /],
  'src/myproject/urls.ts': [/^import \{ path, type UrlPattern \}/],
};

test.for(Object.entries(CHANGED_LINES))(
  '%s is still the sample project with more in it',
  (entry) => {
    const [name, changed] = entry;
    const written = new Set(readFileSync(join(WRITTEN, name), 'utf8').split('\n'));
    const missing = read(name)
      .split('\n')
      .filter((line) => !written.has(line));
    expect(missing).toEqual(changed.map((line) => expect.stringMatching(line)));
  },
);

test('the compiler takes all of it, and the own tests are found and pass', async () => {
  await run('docker compose up --detach --wait test-db');
  await run('npx tsc -p test');
  const { TEST_DATABASE_PORT: port } = environment;
  const url = `DATABASE_URL=postgres://app:development@127.0.0.1:${port}/app`;
  expect(await run(`NO_COLOR=1 ${url} npm test -- shop notes`)).toMatch(/Tests +6 passed \(6\)/);
});

test('the own settings are in place, with the values of .env', async () => {
  const changes = await run('npm run manage -- diffsettings');
  expect(changes).toContain(`SHOP_NAME = "Anna's photos"`);
  const staging = await run(
    'SETTINGS_MODULE=myproject.settings-staging npm run manage -- diffsettings',
  );
  expect(staging).toContain(`SHOP_NAME = "Anna's photos (staging)"`);
  expect(staging).toContain("ALLOWED_HOSTS = [ 'staging.example.com' ]");
});

test('the page comes from the own view, by way of the own middleware', async () => {
  const response = await ask('/shop/');
  expect(response.status).toBe(200);
  expect(response.headers.get('server-timing')).toMatch(/^app;dur=/);
  expect(await response.text()).toContain('<h1>Anna&#39;s photos</h1>');
});

test('the image comes under a hashed name, for good', async () => {
  const [name = ''] = /\/static\/shop\/camera\.[0-9a-f]{12}\.svg/.exec(await page()) ?? [];
  const response = await ask(name);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('image/svg+xml');
  expect(response.headers.get('cache-control')).toContain('immutable');
});

test('an upload that was too large for memory can be fetched', async () => {
  const content = new Uint8Array(3_000_000).fill(120);
  const response = await send(content);
  expect(response.redirected).toBe(true);
  expect(await response.bytes()).toEqual(content);
});

test('an upload that /tmp has no room for is a 503, told once with the folder', async () => {
  const response = await send(new Uint8Array(9_000_000));
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
  expect(await response.text()).toContain('There is no room for this right now.');
  const lines = (await run('docker compose logs --no-log-prefix app')).split('\n');
  const told = lines.filter((line) => line.includes('There is no room in'));
  expect(told.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { level: 'error', status: 503, msg: 'There is no room in /tmp.' },
  ]);
  expect((await send(new Uint8Array(3_000_000))).redirected).toBe(true);
});

test('the own command is listed, and removes in the container what is old enough', async () => {
  expect(await run('npm run manage -- help')).toMatch(/^ {2}prunephotos .*30 days\.$/m);
  const { url } = await send(new Uint8Array(10));
  const prune = 'docker compose exec -T app node dist/manage.js prunephotos';
  expect(await run(prune)).toBe('0 photos removed.\n');
  expect((await fetch(url)).status).toBe(200);
  expect(await run(`${prune} --days 0`)).toMatch(/^\d+ photos removed\.\n$/);
  expect((await fetch(url)).status).toBe(404);
});

test('the own page tells that nothing is there', async () => {
  const response = await ask('/nowhere/');
  expect(response.status).toBe(404);
  expect(await response.text()).toContain('<h1>We do not have /nowhere/</h1>');
});

test('events arrive in the order in which they happened', async () => {
  const response = await ask('/shop/stock/');
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  const left = Array.from((await response.text()).matchAll(/"left":(\d)/g), ([, count]) => count);
  expect(left).toEqual(['3', '2', '1', '0']);
});

test('plain http leads to https', async () => {
  const response = await fetch(`http://${environment.HTTP_PORT}/shop/`, { redirect: 'manual' });
  expect(response.status).toBe(308);
  expect(response.headers.get('location')).toMatch(/^https:/);
});

test('the API takes what its schema allows, and says which field it does not', async () => {
  const headers = { 'Content-Type': 'application/json' };
  const create = (customer: object) =>
    ask('/api/customers/', { method: 'POST', headers, body: JSON.stringify(customer) });
  expect((await create({ name: 'Ann', age: 30 })).status).toBe(201);
  const refused = await create({ name: '', age: 30 });
  expect(refused.status).toBe(422);
  expect(await refused.json()).toMatchObject({ errors: [{ pointer: '#/name' }] });
});

async function notes(): Promise<Record<string, unknown>[]> {
  return (await ask('/notes/')).json() as Promise<Record<string, unknown>[]>;
}

test('a job does behind the request what that sent it with', async () => {
  const body = new URLSearchParams({ text: 'buy bread' });
  expect((await ask('/reminders/', { method: 'POST', body })).status).toBe(202);
  await expect.poll(notes).toMatchObject([{ text: 'buy bread' }, { text: 'Remember: buy bread' }]);
});

test('a release brings the database its new column', { timeout: 240_000 }, async () => {
  const file = join(clone, 'src/database/migrations.ts');
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^};$/m, `${MIGRATION}};`));
  expect(await run('deploy/release')).toContain('released');
  expect(await notes()).toMatchObject([{ text: 'buy bread', is_done: false }, {}]);
  // The jobs are released by a line of their own.
  await run('docker compose up --detach --wait --no-deps work');
  const body = new URLSearchParams({ text: 'buy milk' });
  await ask('/reminders/', { method: 'POST', body });
  await expect.poll(notes).toHaveLength(4);
});

const MIGRATION = `  '2026-02-02-note-is-done': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .alterTable('note')
        .addColumn('is_done', 'boolean', (column) => column.notNull().defaultTo(false))
        .execute();
    },
  },
`;

test('cookies and uploads outlive the container', async () => {
  const body = new URLSearchParams({ name: 'Ann' });
  const signedIn = await ask('/shop/customer/', { method: 'POST', body, redirect: 'manual' });
  const [Cookie = ''] = signedIn.headers.getSetCookie().map((header) => header.split(';')[0]);
  const { url } = await send(new Uint8Array(10));

  await run('docker compose up --detach --wait --force-recreate app');
  // nginx looks the name up once a second, and may have looked while there was no container.
  await expect.poll(() => page({ Cookie }), { timeout: 5000 }).toContain('Hello, Ann.');
  expect(await page({ Cookie: Cookie.replace('Ann', 'Bob') })).toContain('Hello, stranger.');
  expect((await fetch(url)).status).toBe(200);
});

async function page(headers: Record<string, string> = {}): Promise<string> {
  return (await ask('/shop/', { headers })).text();
}

/** Sends a photo as the page's form does, and goes where that leads. */
function send(content: Uint8Array<ArrayBuffer>): Promise<Response> {
  const body = new FormData();
  body.append('photo', new Blob([content]), 'holiday.png');
  return ask('/shop/photos/', { method: 'POST', body });
}

function read(...path: string[]): string {
  return readFileSync(join(ROOT, ...path), 'utf8');
}
