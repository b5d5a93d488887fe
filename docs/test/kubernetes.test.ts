import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { buildKubernetes, missingKubectl, type KubernetesObject } from '../kubernetes.ts';

const ROOT = join(import.meta.dirname, '../..');
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
