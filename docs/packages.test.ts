import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const PACKAGES = ['wsgi', 'gateway', 'framework'];

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly engines: { readonly node: string };
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

test('the Node of the container, of the contributors and of engines is one', () => {
  const { devDependencies, engines } = manifest('.');
  const [major] = (devDependencies?.['node'] ?? '').split('.');
  expect(read('Dockerfile')).toContain(`FROM node:${major}-`);
  expect(devDependencies?.['@types/node']).toMatch(new RegExp(`^${major}\\.`));
  for (const name of PACKAGES) expect(manifest(`packages/${name}`).engines).toEqual(engines);
  expect(engines.node).toMatch(new RegExp(`^>=${major}\\.`));
});

test('the machine stays small enough to be read: files, and lines of each and of all', () => {
  const files = globSync('packages/*/src/**/*.ts', { cwd: ROOT });
  const lengths = files.map((file) => read(file).split('\n').length - 1);
  expect(files.length).toBeLessThanOrEqual(160);
  expect(Math.max(...lengths)).toBeLessThanOrEqual(350);
  expect(lengths.reduce((sum, length) => sum + length)).toBeLessThanOrEqual(16_500);
});
