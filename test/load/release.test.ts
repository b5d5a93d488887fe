import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { looseEnds } from '../e2e/hardened.ts';
import { ContainerWatch } from './container-watch.ts';
import { isLong, printFigures } from './figures.ts';
import { Load } from './load.ts';
import { missingEngine, Site } from './site.ts';
import { SshServer } from './ssh-server.ts';

const LOAD = { connections: 64, pauseMs: 200 } as const;
const TEST_MS = 400_000;
/** In the long form more of them are good, and a release command fails, too. */
const RELEASES = isLong
  ? ['1', '2', 'broken', '3', 'command', '4', 'unready']
  : ['1', 'broken', 'unready'];

/** The commands of docs/releases.md for one machine, in its order. */
const PAGE = readFileSync(join(import.meta.dirname, '../../docs/releases.md'), 'utf8');
const [ONE_MACHINE = ''] = PAGE.split('## Docker Swarm');
const COMMANDS = Array.from(ONE_MACHINE.matchAll(/^```sh\n([^`]+)```$/gm), ([, block = '']) =>
  block.trim().split('\n'),
).flat();
const [RELEASE = '', MIGRATE = '', BACK = '', FRONT = '', THREE = '', ONE = ''] = COMMANDS;

const missing = missingEngine();
let site: Site;
let watch: ContainerWatch;

beforeAll(async () => {
  if (missing !== undefined) return;
  site = await Site.create();
  watch = new ContainerWatch(site.project);
  const { code, output } = await run(RELEASE);
  if (code !== 0) throw new Error(output);
}, TEST_MS);
afterAll(async () => {
  await watch?.stop();
  await site?.remove();
}, TEST_MS);
beforeEach(({ skip }) => skip(missing !== undefined, missing));

test(
  'releases under load, a broken one and the way back lose nothing',
  { timeout: TEST_MS },
  async () => {
    const load = startLoad();
    const sheets = new SheetProbe((await site.page()).sheet);
    const seconds: number[] = [];
    for (const version of RELEASES) {
      const startedAtMs = performance.now();
      const { code, output } = await releaseOf(version);
      seconds.push(Math.round((performance.now() - startedAtMs) / 1000));
      const now = await site.page();
      expect({ code, output, now }).toMatchObject(expectedOf(version, sheets.paths.length - 1));
      if (now.sheet !== sheets.paths.at(-1)) sheets.paths.push(now.sheet);
      expect(await site.replicas()).toHaveLength(1);
    }
    const { code, output } = await run(BACK);
    expect(code, output).toBe(0);
    expect(await site.page()).toEqual({
      version: String(sheets.paths.length - 2),
      sheet: sheets.paths.at(-2),
    });
    const statuses = await sheets.stop();
    const unknown = await site.get('/static/welcome.0123456789ab.css');
    await checkLoad(load, `${RELEASES.length} releases and one back`, {
      'seconds each': seconds.join(' '),
      'style sheets': statuses.length,
      'bad style sheets': statuses.filter((status) => status !== 200).length,
    });
    expect(statuses.filter((status) => status !== 200)).toEqual([]);
    expect([unknown.status, unknown.headers.get('cache-control')]).toEqual([404, 'no-store']);
  },
);

test(
  'of two releases at once, one of them over ssh, the second waits',
  async () => {
    site.write('last');
    const far = await SshServer.start();
    onTestFinished(() => far.stop());
    const startedAtMs = performance.now();
    const [one, two] = await Promise.all([run(RELEASE), run(MIGRATE, far.environment)]);
    expect([one.code, two.code], one.output + two.output).toEqual([0, 0]);
    const waited = [one, two].filter(({ output }) =>
      output.includes('another release is under way'),
    );
    expect(waited).toHaveLength(1);
    expect(await site.replicas()).toHaveLength(1);
    expect(await site.page()).toMatchObject({ version: 'last' });
    printFigures('two releases at once, one over ssh', {
      seconds: Math.round((performance.now() - startedAtMs) / 1000),
      logins: far.logins,
    });
    expect(far.logins).toBeGreaterThan(20);
  },
  TEST_MS,
);

test(
  'three replicas and back to one lose nothing but a 503 now and then',
  { timeout: TEST_MS },
  async () => {
    const load = startLoad();
    for (const command of [THREE, ONE]) {
      expect(await run(command)).toMatchObject({ code: 0 });
      await setTimeout(2000);
    }
    const history = await load.stop();
    printFigures('three replicas and back to one', history.figures);
    // Compose stops a container that nginx still asks: of 36,000 requests one found no other in six tries.
    const said = await site.saidOf(history.bad);
    expect(
      history.bad.filter(({ status }) => status !== 503),
      said,
    ).toEqual([]);
    expect(history.bad.length, said).toBeLessThan(3);
    expect(history.repeatedPosts(await site.servedIds())).toEqual([]);
  },
);

test('of two replicas one may vanish, and no GET is lost', { timeout: TEST_MS }, async () => {
  await scaleTo(2);
  const load = startLoad();
  await setTimeout(1000);
  const [one = ''] = await site.replicas();
  await site.docker('kill', one);
  await setTimeout(6000);
  const history = await load.stop();
  const bad = history.bad.filter(({ method }) => method === 'GET');
  printFigures('one of two replicas vanishes', { ...history.figures, 'bad GETs': bad.length });
  expect(bad).toEqual([]);
  expect(history.repeatedPosts(await site.servedIds())).toEqual([]);
});

test.runIf(isLong)(
  'a replica that hangs keeps the few that it has',
  { timeout: TEST_MS },
  async () => {
    await scaleTo(2);
    const [one = ''] = await site.replicas();
    await site.docker('pause', one);
    try {
      const load = new Load({ port: site.port, connections: 32, pauseMs: 10 });
      await setTimeout(8000);
      const history = await load.stop();
      const hung = history.count('hung');
      printFigures('one of two replicas hangs', history.figures);
      // Both have as many at most: after one client each, the other replica is the one with fewer.
      expect(hung).toBeLessThanOrEqual(32);
      expect(history.count('ok')).toBeGreaterThan(1000);
    } finally {
      await site.docker('unpause', one);
      const health = ['inspect', '--format', '{{.State.Health.Status}}', one];
      await expect.poll(() => site.docker(...health), { timeout: 30_000 }).toBe('healthy');
    }
  },
);

test('a container that is recreated costs at most a 503', { timeout: TEST_MS }, async () => {
  await scaleTo(1);
  const load = startLoad();
  await setTimeout(1000);
  await site.compose(
    'up',
    '--detach',
    '--wait',
    '--no-build',
    '--no-deps',
    '--force-recreate',
    'app',
  );
  await setTimeout(2000);
  const history = await load.stop();
  const statuses = Object.groupBy(history.bad, ({ status, outcome }) => `${outcome} ${status}`);
  printFigures('a container that is recreated', { ...history.figures, ...lengths(statuses) });
  const others = history.bad.filter(({ status }) => status !== 503);
  expect(others, await site.saidOf(others)).toEqual([]);
  expect(history.repeatedPosts(await site.servedIds())).toEqual([]);
});

test('docs/releases.md has the commands that these tests run', { timeout: TEST_MS }, async () => {
  expect(COMMANDS).toEqual([RELEASE, MIGRATE, BACK, FRONT, THREE, ONE]);
  expect(RELEASE).toBe('deploy/release');
  expect(BACK).toBe('deploy/release --back');
  expect(await run(FRONT)).toMatchObject({ code: 0 });
  expect(await site.page()).toMatchObject({ version: 'last' });
});

test('each container that was started here is held tight, however short it lived', async () => {
  await watch.stop();
  const { containers, missed } = watch;
  expect(missed).toEqual([]);
  const kinds = new Set(containers.map(({ Name }) => kindOf(Name)));
  expect([...kinds].toSorted()).toEqual([
    ...['app', 'app-run', 'nginx', 'nginx-run', 'release', 'static', 'static-run'],
  ]);
  const loose = containers.map((one) => [kindOf(one.Name), looseEnds(one)] as const);
  expect(loose.filter(([, ends]) => ends.length > 0)).toEqual([]);
});

/** Of `/release-abc-app-run-0123456789ab` app-run, of `/release-abc-app-1` app. */
function kindOf(name: string): string {
  const [, kind = name] = /^\/release-[^-]+-([a-z]+(-run)?)/.exec(name) ?? [];
  return kind;
}

function run(command: string, environment: NodeJS.ProcessEnv = {}) {
  return site.run(environment, 'sh', '-c', command);
}

function startLoad(): Load {
  return new Load({ port: site.port, ...LOAD, durationMsMax: TEST_MS });
}

async function checkLoad(load: Load, name: string, more: Record<string, unknown> = {}) {
  const history = await load.stop();
  const served = await site.servedIds();
  const repeated = history.repeatedPosts(served);
  printFigures(name, { ...history.figures, ...more, repeated: repeated.length });
  expect(history.bad, await site.saidOf(history.bad)).toEqual([]);
  expect(repeated).toEqual([]);
  expect(new Set(served).size).toBeGreaterThanOrEqual(history.entries.length);
  expect(history.entries.length).toBeGreaterThan(2000);
}

async function releaseOf(version: string) {
  site.write(version, version === 'broken');
  const command =
    version === 'command' ? 'echo no such table; exit 1' : `echo migrating ${version}`;
  const seconds = version === 'unready' ? '10' : '120';
  return site.release({ RELEASE_COMMAND: command, RELEASE_TIMEOUT: seconds });
}

/** Of a good one itself; of others the number of good ones before, which is the version that serves. */
function expectedOf(version: string, goodBefore: number) {
  const [said, code, serving] = {
    broken: ['This release is broken.', 1, String(goodBefore)] as const,
    unready: ['ready: not ready: database', 1, String(goodBefore)] as const,
    command: ['no such table', 1, String(goodBefore)] as const,
  }[version] ?? [`ran echo migrating ${version}`, 0, version];
  return { code, output: expect.stringContaining(said), now: { version: serving } };
}

async function scaleTo(count: number): Promise<void> {
  const words = ['up', '--detach', '--wait', '--no-build', '--scale', `app=${count}`];
  await site.compose(...words);
  // nginx looks at the name each second.
  await setTimeout(2000);
}

function lengths(groups: Partial<Record<string, unknown[]>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(groups).map(([name, list]) => [name, list?.length ?? 0]),
  );
}

/** Asks for the style sheets of all releases so far, one after the other. */
class SheetProbe {
  readonly paths: string[];
  readonly #statuses: number[] = [];
  readonly #ended: Promise<void>;
  #isStopped = false;

  constructor(first: string) {
    this.paths = [first];
    this.#ended = this.#run();
    onTestFinished(() => void this.stop());
  }

  async stop(): Promise<readonly number[]> {
    this.#isStopped = true;
    await this.#ended;
    return this.#statuses;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      for (const path of this.paths) {
        const status = await site.get(path).then(
          (response) => response.arrayBuffer().then(() => response.status),
          () => 0,
        );
        this.#statuses.push(status);
      }
      await setTimeout(50);
    }
  }
}
