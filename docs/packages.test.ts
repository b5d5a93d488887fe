import { spawnSync } from 'node:child_process';
import { cpSync, globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../packages/wsgi/test/temporary-folder.ts';
import { isOwnReadme, README } from './readme.ts';
import { CATALOGUE } from '../packages/gateway/src/settings/catalogue.ts';

const ROOT = join(import.meta.dirname, '..');
const PACKAGES = ['wsgi', 'gateway', 'framework'];

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly devEngines?: {
    readonly runtime: Readonly<Record<'name' | 'version' | 'onFail', string>>;
  };
  readonly exports?: Readonly<Record<string, Readonly<Record<'source' | 'default', string>>>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

function manifest(folder: string): Manifest {
  return JSON.parse(read(join(folder, 'package.json'))) as Manifest;
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

test.for(PACKAGES)('the README of %s lists its public modules', (name) => {
  const { name: scoped, exports = {} } = manifest(`packages/${name}`);
  const modules = Object.keys(exports).map((path) => scoped + path.slice(1));
  const listed = read(`packages/${name}/README.md`).matchAll(/^\| `(@wsgi\/[^`]+)` +\| \S.* \|$/gm);
  const rows = Array.from(listed, ([, module = '']) => module).filter((one) =>
    one.startsWith(scoped),
  );
  expect(rows.toSorted()).toEqual(modules.toSorted());
});

test.for(PACKAGES)('each public module of %s is a source, and a file once built', (name) => {
  for (const [path, { source, default: built }] of Object.entries(
    manifest(`packages/${name}`).exports ?? {},
  )) {
    expect(globSync(join(ROOT, 'packages', name, source)), path).toHaveLength(1);
    expect(built).toBe(source.replace('./src/', './dist/').replace(/ts$/, 'js'));
  }
});

test.for(PACKAGES.flatMap((name) => globSync(join(ROOT, 'packages', name, 'bin/*'))))(
  'a command that is not built says so: %s',
  (command) => {
    const folder = temporaryFolder();
    for (const part of ['bin', 'package.json']) {
      cpSync(join(command, '../..', part), join(folder, part), { recursive: true });
    }
    const name = basename(command);
    const run = spawnSync(process.execPath, [join(folder, 'bin', name)], {
      encoding: 'utf8',
      env: { NODE_OPTIONS: '' },
    });
    expect(run).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^[\w-]+: it is not built yet: run `npm run build`\.\n$/),
    });
  },
);

test('the walks in the README of the gateway name files that are there', () => {
  const rows = read('packages/gateway/README.md').matchAll(/^\| `([\w/-]+\.ts)`/gm);
  const files = Array.from(rows, ([, file = '']) => join(ROOT, 'packages/gateway/src', file));
  expect(files.length).toBeGreaterThan(30);
  expect(files.filter((file) => globSync(file).length === 0)).toEqual([]);
});

test('wsgi depends on Node alone, gateway and framework on wsgi and never on each other', () => {
  const ours = PACKAGES.map((name) =>
    Object.keys(manifest(`packages/${name}`).dependencies ?? {}).filter((one) =>
      one.startsWith('@wsgi/'),
    ),
  );
  expect(ours).toEqual([[], ['@wsgi/wsgi'], ['@wsgi/wsgi']]);
  expect(manifest('packages/wsgi').dependencies).toBeUndefined();
});

/** What development has beside them: asked for when they are needed, and told of where they are missing. */
const OPTIONAL = ['pino-pretty', 'postcss', 'postcss-value-parser'];

test.for(PACKAGES)('%s imports what its package.json names, and nothing else', (name) => {
  const sources = globSync(`packages/${name}/src/**/*.ts`, { cwd: ROOT }).map(read).join('\n');
  const imports = sources.matchAll(/^(?:import|export|\}) .*from '((?:@[\w-]+\/)?[\w-]+)[^']*'/gm);
  const { dependencies = {} } = manifest(`packages/${name}`);
  const named = Array.from(imports, ([, module = '']) => module).filter(
    (module) => module !== 'node' && !OPTIONAL.includes(module),
  );
  expect([...new Set(named)].toSorted()).toEqual(Object.keys(dependencies).toSorted());
});

test('one version of each library serves all packages', () => {
  const manifests = [manifest('.'), ...PACKAGES.map((name) => manifest(`packages/${name}`))];
  const wanted = manifests
    .flatMap(({ dependencies, devDependencies }) =>
      Object.entries({ ...dependencies, ...devDependencies }),
    )
    .filter(([name]) => !name.startsWith('@wsgi/'));
  const versions = Map.groupBy(wanted, ([name]) => name);
  const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, object> };
  for (const [name, entries] of versions) {
    expect(new Set(entries.map(([, version]) => version)).size, name).toBe(1);
    const installed = Object.keys(lock.packages).filter((path) => path.startsWith('packages/'));
    expect(installed.filter((path) => path.endsWith(`/node_modules/${name}`))).toEqual([]);
  }
});

test('the Node of the container, of the contributors and of the commands is one', () => {
  const { devDependencies, devEngines } = manifest('.');
  const [major] = (devDependencies?.['node'] ?? '').split('.');
  expect(read('Dockerfile')).toContain(`FROM node:${major}-`);
  expect(devDependencies?.['@types/node']).toMatch(new RegExp(`^${major}\\.`));
  const [, needed = ''] = /NEEDED = '(.*)'/.exec(read('packages/wsgi/src/node-version.ts')) ?? [];
  expect(needed).toMatch(new RegExp(`^${major}\\.`));
  expect(devEngines?.runtime).toMatchObject({ name: 'node', version: `>=${needed}` });
});

interface Locked {
  readonly optional?: boolean;
  readonly engines?: { readonly node?: string };
}

/** A range as they are written there: `>=22`, `^22.12.0 || >=24`, `*`. */
function accepts(range: string, [major, minor]: readonly [number, number]): boolean {
  return range.split('||').some((part) => {
    const groups = /^(\^|>=) ?(\d+)(?:\.(\d+))?/.exec(part.trim());
    if (groups === null) return part.trim() === '*';
    const [, sign, low = '', lowMinor = '0'] = groups;
    if (major === Number(low)) return minor >= Number(lowMinor);
    return sign === '>=' && major > Number(low);
  });
}

test.skipIf(isOwnReadme)(
  'with the oldest Node that the README has for npm, npm ci warns of no engine',
  () => {
    const [, major, minor] = /Node (\d+)\.(\d+) or later/.exec(README) ?? [];
    const oldest = [Number(major), Number(minor)] as const;
    const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> };
    const refusing = Object.entries(lock.packages).filter(
      ([, { optional, engines }]) =>
        optional !== true && engines?.node !== undefined && !accepts(engines.node, oldest),
    );
    expect(refusing).toEqual([]);
    const ranges = Object.values(lock.packages).flatMap(({ engines }) => engines?.node ?? []);
    expect(ranges.some((range) => !accepts(range, [20, 0]))).toBe(true);
  },
);

test('npm ci does not warn of the Node that runs npm alone', () => {
  // npm warns for `engines`, and for `devEngines` unless it is told not to.
  for (const folder of ['.', ...PACKAGES.map((name) => `packages/${name}`)]) {
    expect(manifest(folder)).not.toHaveProperty('engines');
  }
  expect(manifest('.').devEngines?.runtime.onFail).toBe('ignore');
});

test('the machine stays small enough to be read: files, and lines of each and of all', () => {
  const files = globSync('packages/*/src/**/*.ts', { cwd: ROOT });
  const lengths = files.map((file) => read(file).split('\n').length - 1);
  expect(files.length).toBeLessThanOrEqual(220);
  expect(Math.max(...lengths)).toBeLessThanOrEqual(350);
  expect(lengths.reduce((sum, length) => sum + length)).toBeLessThanOrEqual(23_000);
});

test('the gateway gives a request up before nginx does', () => {
  for (const file of [
    'docker-compose.yml',
    'deploy/stack.yml',
    'deploy/kubernetes/kustomization.yaml',
  ]) {
    const [, seconds] = /NGINX_READ_TIMEOUT(?::-|=)(\d+)s/.exec(read(file)) ?? [];
    expect(CATALOGUE.requestTimeout.default()).toBeLessThan(Number(seconds) - 1);
  }
});
