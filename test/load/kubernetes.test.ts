import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { buildKubernetes, missingKubectl } from '../../docs/kubernetes.ts';
import { freePort } from '../../packages/wsgi/test/free-port.ts';
import { ClusterNames } from './cluster-names.ts';
import { printFigures } from './figures.ts';
import { Load } from './load.ts';
import { Pod, untilOk, type Cluster } from './pods.ts';
import { missingEngine, Site } from './site.ts';

const TEST_MS = 400_000;
const missing = missingEngine() ?? missingKubectl();
let cluster: Cluster;
let site: Site;
let fronts: readonly { readonly pod: Pod; readonly url: string; readonly port: number }[] = [];
let pods: Pod[] = [];

beforeAll(async () => {
  if (missing !== undefined) return;
  site = await Site.create();
  const network = `${site.project}_pods`;
  await site.docker('network', 'create', network);
  const gateway = '{{range .IPAM.Config}}{{.Gateway}}{{end}}';
  const address = await site.docker('network', 'inspect', '--format', gateway, network);
  const secret = join(site.folder, 'secret');
  writeFileSync(secret, '0123456789'.repeat(5), { mode: 0o644 });
  const names = await ClusterNames.start(address);
  cluster = { site, objects: buildKubernetes(), names, network, secret, pods: new Set() };
  await site.compose('build', 'nginx');
  await build('0');
  await build('1');
  for (const _ of ['one', 'other']) {
    const pod = await startPod('0');
    await pod.awaitReady('app');
    pods.push(pod);
  }
  fronts = [await startFront(address), await startFront(address)];
}, TEST_MS);
afterAll(async () => {
  if (missing !== undefined) return;
  cluster.names.close();
  for (const pod of cluster.pods) await pod.remove();
  await site.docker('network', 'rm', cluster.network);
  await site.docker('rmi', image('0'), image('1'));
  await site.docker('volume', 'rm', '--force', `${site.project}_served`);
  await site.remove();
}, TEST_MS);
beforeEach(({ skip }) => skip(missing !== undefined, missing));

test('the Job of a release runs its command in the new image', { timeout: TEST_MS }, async () => {
  const environment = { RELEASE_COMMAND: 'node dist/manage.js check && echo "uid $(id -u)"' };
  const job = await Pod.start(cluster, 'release', { image: image('1'), environment });
  expect(await site.docker('wait', job.id)).toBe('0');
  expect(await site.docker('logs', job.id)).toMatch(/no issues[^]*^uid 1000$/m);
  await job.remove();
});

test('no process of a pod has a capability or can get one, and nothing is writable but its volumes', async () => {
  for (const { id } of cluster.pods) {
    const status = await site.docker(
      'exec',
      id,
      'grep',
      '-E',
      'Cap|NoNew|Seccomp:',
      '/proc/1/status',
    );
    expect(status.replaceAll('\t', ' ')).toMatch(
      /CapEff: 0+\nCapBnd: 0+\n[^]*NoNewPrivs: 1\nSeccomp: 2/,
    );
    const attempt =
      'for dir in / /etc /usr /var/tmp; do touch $dir/x && echo $dir; done 2>/dev/null; true';
    expect(await site.docker('exec', id, 'sh', '-c', attempt)).toBe('');
  }
});

test(
  'pods are replaced without a loss, and each page finds its style sheet at every nginx',
  { timeout: TEST_MS },
  async () => {
    const loads = fronts.map(
      ({ port }) => new Load({ port, connections: 16, pauseMs: 200, durationMsMax: TEST_MS }),
    );
    const pages = new PageReader();
    onTestFinished(
      async () => void (await Promise.all([pages.stop(), ...loads.map((load) => load.stop())])),
    );
    await pages.find('0');
    for (const former of [...pods]) {
      const pod = await startPod('1');
      pods.push(pod);
      await pod.awaitReady('app');
      expect(await former.end('app')).toBe(0);
      pods = pods.filter((one) => one !== former);
    }
    await pages.find('1');
    await setTimeout(3000);
    await pages.stop();
    const histories = await Promise.all(loads.map((load) => load.stop()));
    const served = await site.servedIds();
    histories.forEach((history, index) => {
      const repeated = history.repeatedPosts(served);
      printFigures(`pods replaced, nginx ${index}`, {
        ...history.figures,
        repeated: repeated.length,
      });
      expect(history.bad).toEqual([]);
      expect(repeated).toEqual([]);
    });
    printFigures('pages and style sheets', { pages: pages.count, missing: pages.missing.length });
    expect(pages.missing).toEqual([]);
    expect([...pages.sheets.keys()].toSorted()).toEqual(['0', '1']);
  },
);

test('what no release has is a 404 that nobody keeps', async () => {
  for (const { url } of fronts) {
    const never = await fetch(`${url}/static/welcome.0123456789ab.css`);
    expect([never.status, never.headers.get('cache-control')]).toEqual([404, 'no-store']);
    const other = await fetch(`${url}/static/welcome.css`, { method: 'HEAD' });
    expect(other.status).toBe(200);
  }
});

/** Reads a page by one nginx and its style sheet by the other, again and again; and those of before. */
class PageReader {
  readonly sheets: Map<string, string> = new Map();
  readonly missing: string[] = [];
  count = 0;
  #isStopped = false;
  readonly #ended: Promise<void> = this.#run();

  /** Waits for a page of that version. */
  async find(version: string): Promise<void> {
    while (!this.sheets.has(version)) await setTimeout(50);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#ended;
  }

  async #run(): Promise<void> {
    for (let turn = 0; !this.#isStopped; turn += 1) {
      const [one = '', other = ''] = [fronts[turn % 2]?.url, fronts[(turn + 1) % 2]?.url];
      const page = await (await fetch(`${one}/`)).text();
      const [version = '', sheet = ''] = page.split(' ');
      this.sheets.set(version, sheet);
      this.count += 1;
      for (const path of this.sheets.values()) {
        const { status } = await fetch(other + path);
        if (status !== 200) this.missing.push(`${status} ${path}`);
      }
      await setTimeout(20);
    }
  }
}

async function build(version: string): Promise<void> {
  site.write(version);
  await site.compose('build', 'app');
  await site.docker('tag', `${site.project}-app`, image(version));
}

function image(version: string): string {
  return `${site.project}-app:${version}`;
}

function startPod(version: string): Promise<Pod> {
  // Where the application writes down what it is called with.
  const words = ['--volume', `${site.project}_served:/srv/store`];
  // On a machine that is busy with other things a worker begins late.
  const environment = {
    ALLOWED_HOSTS: '127.0.0.1,localhost',
    GATEWAY_CMD_ARGS: '--timeout 100',
  };
  return Pod.start(cluster, 'app', { image: image(version), environment, words });
}

async function startFront(dns: string) {
  const port = await freePort();
  const pod = await Pod.start(cluster, 'nginx', {
    image: `${site.project}-nginx`,
    environment: {
      NGINX_LIMITS: 'off',
      NGINX_ENTRYPOINT_LOCAL_RESOLVERS: '',
      NGINX_LOCAL_RESOLVERS: `${dns}:${cluster.names.port}`,
    },
    words: ['--publish', `127.0.0.1:${port}:8080`],
  });
  const url = `http://127.0.0.1:${port}`;
  await untilOk(url, 100);
  return { pod, url, port };
}
