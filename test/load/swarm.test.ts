import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { isLong, printFigures } from './figures.ts';
import { Load } from './load.ts';
import { missingEngine, Site } from './site.ts';

const TEST_MS = 400_000;
/** Where the load's requests are written down. */
const SERVED = `services: { app: { volumes: [{ type: volume, source: served, target: /srv/store }] } }
volumes: { served: }
`;
const missing = missingEngine();
let site: Site;
let wasActive = true;

beforeAll(async () => {
  if (missing !== undefined) return;
  site = await Site.create();
  wasActive = (await site.docker('info', '--format', '{{.Swarm.LocalNodeState}}')) === 'active';
  const here = ['--advertise-addr', '127.0.0.1', '--listen-addr', '127.0.0.1'];
  if (!wasActive) await site.docker('swarm', 'init', ...here);
  writeFileSync(join(site.folder, 'secret'), '0123456789'.repeat(5));
  await site.docker('secret', 'create', `${site.project}-key`, 'secret');
  await build('0');
  expectDeployed(await deploy('0'));
}, TEST_MS);
afterAll(async () => {
  if (missing !== undefined) return;
  await site.docker('stack', 'rm', '--detach=false', site.project);
  // The tasks are gone; their containers go a little later, and hold the images and volumes.
  const label = `label=com.docker.stack.namespace=${site.project}`;
  while ((await site.docker('ps', '--all', '--quiet', '--filter', label)) !== '') {
    await setTimeout(500);
  }
  await site.docker('secret', 'rm', `${site.project}-key`);
  for (const version of ['0', '1', 'broken']) await site.run({}, 'docker', 'rmi', image(version));
  // What else runs on this engine then knows no names any more, until it is started again.
  if (!wasActive) await site.docker('swarm', 'leave', '--force');
  await site.run({}, 'docker', 'volume', 'rm', `${site.project}_served`, `${site.project}_static`);
  await site.remove();
}, TEST_MS);
beforeEach(({ skip }) => skip(missing !== undefined, missing));

test(
  'Swarm scales and updates without a loss, and goes back from a broken image',
  { timeout: TEST_MS },
  async () => {
    await build('1');
    await build('broken');
    const load = new Load({
      port: site.port,
      connections: 64,
      pauseMs: 200,
      durationMsMax: TEST_MS,
    });
    for (const count of isLong ? [4, 2] : []) {
      await site.docker('service', 'scale', `${site.project}_app=${count}`);
    }
    expectDeployed(await deploy('1'));
    expect((await site.page()).version).toBe('1');
    const broken = await deploy('broken');
    expect(broken.output).toMatch(/rollback|rolled back/i);
    await expect.poll(updateState, { timeout: 60_000 }).toBe('rollback_completed');
    expect((await site.page()).version).toBe('1');
    await setTimeout(1000);
    const history = await load.stop();
    const repeated = history.repeatedPosts(await site.servedIds());
    printFigures('Swarm: scaled, updated, rolled back', {
      ...history.figures,
      repeated: repeated.length,
    });
    expect(history.bad).toEqual([]);
    expect(repeated).toEqual([]);
  },
);

async function build(version: string): Promise<void> {
  site.write(version, version === 'broken');
  await site.compose('build', 'app', 'nginx');
  await site.docker('tag', `${site.project}-app`, image(version));
}

function deploy(version: string) {
  writeFileSync(join(site.folder, 'served.yml'), SERVED);
  const files = ['deploy/stack.yml', 'served.yml'].flatMap((file) => ['--compose-file', file]);
  const environment = {
    APP_IMAGE: image(version),
    NGINX_IMAGE: `${site.project}-nginx`,
    SECRET_KEY_NAME: `${site.project}-key`,
    // Swarm publishes on every address of the machine.
    HTTP_PORT: String(site.port),
  };
  const words = ['stack', 'deploy', '--detach=false', '--resolve-image', 'never', ...files];
  return site.run(environment, 'docker', ...words, site.project);
}

function expectDeployed({ code, output }: { code: number; output: string }): void {
  if (code !== 0) throw new Error(output);
}

function updateState(): Promise<string> {
  const format = ['--format', '{{.UpdateStatus.State}}'];
  return site.docker('service', 'inspect', ...format, `${site.project}_app`);
}

function image(version: string): string {
  return `${site.project}-app:${version}`;
}
