import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../packages/wsgi/test/temporary-folder.ts';

const ROOT = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const WORKFLOW = read('.github/workflows/ci.yml');

/** What it would install where they are missing. */
const PROGRAMS = [
  ...'chromium jq nginx apache2 lighttpd haproxy caddy uwsgi uwsgi_python3 gunicorn'.split(' '),
  ...'sshd kubectl testssl h2load'.split(' '),
];

/** Runs .ci/run where each program only tells that it was called. */
function runChecks({ hasEngine, hasScript }: { hasEngine: boolean; hasScript: boolean }) {
  const folder = temporaryFolder();
  const put = (name: string, script: string): void => {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
  };
  put('project/.ci/run', '');
  copyFileSync(join(ROOT, '.ci/run'), join(folder, 'project/.ci/run'));
  for (const name of ['npm', 'apt-get', ...PROGRAMS]) put(`bin/${name}`, `echo "${name} $*"`);
  put('bin/docker', hasEngine ? 'exit 0' : 'exit 1');
  if (hasScript) put('shared/docker/up', 'echo "up $*"');
  const PATH = `${folder}/bin:${dirname(process.execPath)}:/usr/bin:/bin`;
  const env = { PATH, CHROMIUM: join(folder, 'bin/chromium') };
  const { status, stdout, stderr } = spawnSync(join(folder, 'project/.ci/run'), {
    env,
    encoding: 'utf8',
  });
  return { status, lines: stdout.trim().split('\n'), stderr };
}

test('a clone with an engine needs nothing beside it', () => {
  const { status, lines } = runChecks({ hasEngine: true, hasScript: false });
  expect(status).toBe(0);
  expect(lines[0]).toBe('npm ci');
  expect(lines.at(-1)).toBe('0 passed, 0 failed, 0 skipped');
});

test('without an engine it ends before anything is installed, and says where to look', () => {
  const { status, lines, stderr } = runChecks({ hasEngine: false, hasScript: false });
  expect([status, lines]).toEqual([1, ['0 passed, 0 failed, 0 skipped']]);
  expect(stderr).toContain('deploy/doctor');
});

test.for([true, false])(
  'a script beside it that brings the images is run: engine %s',
  (hasEngine) => {
    const { status, lines } = runChecks({ hasEngine, hasScript: true });
    expect(status).toBe(0);
    expect(lines.slice(0, 2)).toEqual([expect.stringMatching(/^up node:\S+ nginx:/), 'npm ci']);
  },
);

test('the workflow runs the same, and builds both images for two platforms, with SBOM and provenance', () => {
  expect(WORKFLOW).toMatch(/^ {6}- run: \.ci\/run$/m);
  for (const line of [
    'target: [production, nginx]',
    'platforms: linux/amd64,linux/arm64',
    'sbom: true',
    'provenance: mode=max',
  ]) {
    expect(WORKFLOW).toContain(line);
  }
});

test('what comes from elsewhere has a version: actions and base images', () => {
  const actions = Array.from(WORKFLOW.matchAll(/uses: (\S+)/g), ([, name = '']) => name);
  expect(actions.length).toBeGreaterThan(5);
  for (const action of actions) expect(action).toMatch(/@(v\d+|[0-9a-f]{40})$/);
  const dockerfile = read('Dockerfile');
  const stages = Array.from(dockerfile.matchAll(/^FROM .* AS (\S+)$/gm), ([, name = '']) => name);
  const bases = Array.from(
    dockerfile.matchAll(/^FROM (?:--\S+ )?(\S+)/gm),
    ([, name = '']) => name,
  );
  const foreign = bases.filter((name) => name !== 'scratch' && !stages.includes(name));
  expect(foreign.length).toBeGreaterThan(2);
  for (const image of foreign) expect(image).toMatch(/:(?!latest)[\w.-]+$|@sha256:/);
});

test('newer versions are asked for where versions stand', () => {
  const asked = Array.from(
    read('.github/dependabot.yml').matchAll(/package-ecosystem: (\S+)/g),
    ([, name]) => name,
  );
  expect(asked).toEqual(['npm', 'docker', 'github-actions']);
  expect(
    execFileSync('git', ['ls-files', '*package-lock.json'], { cwd: ROOT, encoding: 'utf8' }),
  ).toBe('bench/package-lock.json\npackage-lock.json\ntest/runtimes/package-lock.json\n');
});
