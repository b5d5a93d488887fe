import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { buildKubernetes, missingKubectl, type KubernetesObject } from '../kubernetes.ts';

const ROOT = join(import.meta.dirname, '../..');
const PAGE = readFileSync(join(ROOT, 'docs/releases.md'), 'utf8');
/** The API's own schemas as functions that look at values, and as types that know every name. */
const MODELS = 'kubernetes-models@5.1.0';
const TSC = join(ROOT, 'node_modules/.bin/tsc');
const OPTIONS = '--noEmit --module nodenext --target es2024 --strict --skipLibCheck'.split(' ');

const missing = missingKubectl();
const folder = mkdtempSync(join(tmpdir(), 'kubernetes-'));

beforeAll(async () => {
  if (missing !== undefined) return;
  writeFileSync(join(folder, 'package.json'), '{ "type": "module", "private": true }');
  await run('npm', 'install', '--no-audit', '--no-fund', '--prefer-offline', MODELS);
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(({ skip }) => skip(missing !== undefined, missing));

test('each object is what the API takes: every name is known, every value of its kind', async () => {
  const objects = buildKubernetes();
  expect(objects.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(['Deployment', 'HorizontalPodAutoscaler', 'Ingress', 'Job']),
  );
  expect(await complaints(objects)).toBe('');
});

test('so is the number of pods by the busy figure, which the gateway tells', async () => {
  const copy = join(folder, 'busy');
  cpSync(join(ROOT, 'deploy/kubernetes'), copy, { recursive: true });
  const file = join(copy, 'kustomization.yaml');
  const text = readFileSync(file, 'utf8');
  expect(text).toContain('- scale-by-cpu.yaml');
  writeFileSync(file, text.replace('- scale-by-cpu.yaml', '- scale-by-busy.yaml'));
  const objects = buildKubernetes(copy);
  const [, figure = ''] = /"metric":\{"name":"(\w+)"/.exec(JSON.stringify(objects)) ?? [];
  expect(readFileSync(join(ROOT, 'packages/gateway/src/metrics/prometheus.ts'), 'utf8')).toContain(
    `'${figure}'`,
  );
  expect(await complaints(objects)).toBe('');
});

test.for([
  ['a name that is not there', 'readinessProbe', 'readinesProbe', /readinesProbe/],
  ['a value of another kind', '"periodSeconds":1,', '"periodSeconds":"1",', /periodSeconds/],
  ['what is required', '"selector":{"matchLabels":{"app":"app"}},', '', /selector/],
] as const)('%s is found', async ([, from, to, told]) => {
  const text = JSON.stringify(buildKubernetes());
  expect(text).toContain(from);
  const changed = JSON.parse(text.replace(from, to)) as KubernetesObject[];
  expect(await complaints(changed)).toMatch(told);
});

test('every image is one of kustomization.yaml', () => {
  const images = buildKubernetes().flatMap(
    ({ spec }) => spec?.template?.spec.containers.map(({ image }) => image) ?? [],
  );
  expect(new Set(images)).toEqual(
    new Set(['registry.example.com/shop/app:1', 'registry.example.com/shop/nginx:1']),
  );
});

test('the first step of a release brings what its Job needs, and nothing that serves', () => {
  expect(PAGE).toContain('kubectl apply --kustomize deploy/kubernetes --selector step=prepare\n');
  const first = buildKubernetes().filter(({ metadata }) => metadata.labels['step'] === 'prepare');
  const kinds = first.map(({ kind }) => kind);
  expect(kinds.toSorted()).toEqual(['ConfigMap', 'ConfigMap', 'Job', 'NetworkPolicy']);
});

test('the key is made as the pods look for it', async () => {
  const [command = ''] = /^openssl .*kubectl create secret .*$/m.exec(PAGE) ?? [];
  const dry = `${command} --dry-run=client --output json`;
  const { stdout } = await promisify(execFile)('bash', ['-ec', dry], { cwd: folder });
  const { metadata, data } = JSON.parse(stdout) as { metadata: { name: string }; data: object };
  expect(Object.keys(data)).toEqual(['secret_key']);
  const pods = buildKubernetes().flatMap(({ spec }) => spec?.template?.spec ?? []);
  const secrets = pods.flatMap(({ volumes }) => volumes.flatMap(({ secret }) => secret ?? []));
  expect(secrets.map(({ secretName }) => secretName)).toEqual([metadata.name, metadata.name]);
  const mounts = pods.flatMap(({ containers }) => containers[0].volumeMounts);
  const ofSecret = mounts.filter(({ name }) => name === 'secret').map(({ subPath }) => subPath);
  expect(ofSecret).toEqual(['secret_key', 'secret_key']);
});

/** What the models and the compiler say of these objects. */
async function complaints(objects: readonly KubernetesObject[]): Promise<string> {
  const lines = objects.map(({ apiVersion, kind, ...rest }, index) => [
    `import { ${kind} as Model${index} } from 'kubernetes-models/${apiVersion}/${kind}';`,
    `new Model${index}(${JSON.stringify(rest)}).validate();`,
  ]);
  writeFileSync(join(folder, 'objects.ts'), lines.flat().join('\n'));
  return (await run(TSC, ...OPTIONS, 'objects.ts')) + (await run(process.execPath, 'objects.ts'));
}

/** What it prints, where it fails. */
async function run(command: string, ...words: string[]): Promise<string> {
  try {
    await promisify(execFile)(command, words, { cwd: folder });
    return '';
  } catch (error) {
    const { stdout, stderr } = error as Readonly<Record<'stdout' | 'stderr', string>>;
    return stdout + stderr;
  }
}
