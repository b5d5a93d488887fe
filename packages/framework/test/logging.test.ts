import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CHILD_ENVIRONMENT } from '../../wsgi/test/child-environment.ts';
import type { Settings } from '../src/settings.ts';

function run(options: Settings['LOGGING'], name = 'log-lines.ts') {
  const program = join(import.meta.dirname, name);
  const args = [program, JSON.stringify(options)];
  return spawnSync(process.execPath, args, { encoding: 'utf8', env: CHILD_ENVIRONMENT });
}

const WITH_DEFAULTS = run({});

function parse(text: string): Record<string, unknown>[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('the log is JSON lines on standard error, from the level on', () => {
  const { stdout, stderr } = run({ level: 'error' });
  expect(stdout).toBe('');
  expect(parse(stderr).slice(1)).toEqual([
    {
      level: 'error',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      logger: 'application',
      pid: expect.any(Number),
      request_id: 'id-1',
      err: expect.objectContaining({
        type: 'Error',
        stack: expect.stringContaining('log-lines.ts'),
      }),
      msg: 'failed',
    },
  ]);
});

test('every line of a request has its id, also after a wait and from a stream', () => {
  const lines = parse(WITH_DEFAULTS.stderr);
  expect(lines.map((line) => [line['msg'], line['request_id']])).toEqual([
    ['before the settings', undefined],
    ['information', 'id-1'],
    ['from the stream', 'id-2'],
    ['failed', 'id-1'],
    ['in a trace', 'id-3'],
    ['in a trace', 'id-4'],
    ['secrets', undefined],
  ]);
});

test("a line has the trace's id where the request has another", () => {
  const lines = parse(WITH_DEFAULTS.stderr).filter(({ msg }) => msg === 'in a trace');
  expect(lines.map((line) => line['trace_id'])).toEqual(['id-4', undefined]);
});

test('secrets are masked, and what the settings name beside them', () => {
  const { stderr } = run({ redact: ['*.iban'] });
  expect(stderr).toContain('secrets');
  expect(stderr).not.toMatch(/canary|can\/ary/);
  expect(WITH_DEFAULTS.stderr).toContain('canary-2');
});

test('what is no secret stays as it is, errors with their stacks', () => {
  const line = parse(WITH_DEFAULTS.stderr).find(({ msg }) => msg === 'secrets');
  const error = {
    type: 'Error',
    message: 'no answer',
    stack: expect.stringContaining('log-lines.ts'),
    config: { headers: expect.objectContaining({ authorization: '********' }) },
  };
  expect(line).toMatchObject({
    err: error,
    last: [error],
    user: { iban: 'canary-2' },
    since: '1970-01-01T00:00:00.000Z',
    password: '********',
    nothing: null,
    cause: {
      message: 'Invalid URL postgres://********@db:5432',
      input: 'postgres://********@db:5432',
    },
    url: 'http://site.example:8080/react@19',
    ring: { token: '********', ring: { token: '********' } },
    trap: { answer: '[Error: not now]' },
  });
});

test('a line holds nothing that a terminal heeds', () => {
  const { stderr } = WITH_DEFAULTS;
  expect(stderr).toMatch(/^[\x20-\x7e\n]*$/);
  expect(parse(stderr).at(-1)).toMatchObject({ path: '/a\x9b31mb\x7f\x1b' });
});

test('a path to mask that cannot be read stops the start', () => {
  const { status, stderr } = run({ redact: ['a..b'] });
  expect(status).not.toBe(0);
  expect(stderr).toContain("LOGGING has redact [ 'a..b' ]: expected paths such as 'user.email'");
});

test('the destination may be standard output', () => {
  const { stdout, stderr } = run({ destination: 'stdout' });
  expect(parse(stdout)).toHaveLength(6);
  expect(parse(stderr)).toMatchObject([{ msg: 'before the settings' }]);
});

test('a file is no destination: what runs the process keeps its output', () => {
  const { status, stderr } = run({ destination: '/tmp/app.log' as 'stdout' });
  expect(status).not.toBe(0);
  expect(stderr).toContain("LOGGING is { destination: '/tmp/app.log' }: expected");
});

test('pretty lines are text with the message and the id', () => {
  const { stderr } = run({ pretty: true });
  expect(stderr).toMatch(/^\[\d\d:\d\d:\d\d\] INFO: information$/m);
  expect(stderr).toContain('request_id: "id-1"');
});

test('a child logger that was made before LOGGING was read follows it, and each override', () => {
  const { stdout } = run({ destination: 'stdout', level: 'warn' }, 'child-lines.ts');
  expect(parse(stdout).map(({ module, msg }) => [module, msg])).toEqual([
    ['later', 'warning'],
    ['early', 'deeper: error'],
    ['loud', 'its own level'],
    ['early', 'fatal'],
    ['early', 'bindings'],
  ]);
});

test('the fields of a child logger are masked as those of a line, and errors are told', () => {
  const { stdout, stderr } = run({ destination: 'stdout', redact: ['*.iban'] }, 'child-lines.ts');
  expect(stdout + stderr).not.toContain('canary');
  expect(parse(stdout).find(({ msg }) => msg === 'deeper: error')).toMatchObject({
    Password: '********',
    user: { password: '********', iban: '********' },
    deeper: { token: '********' },
    err: { type: 'TypeError', message: 'no answer', stack: expect.stringContaining('child-lines') },
  });
});

test.for<[what: string, redirection: string]>([
  ['on a full disk', '2>/dev/full'],
  ['without a reader', '2> >(exec true)'],
  ['with a reader that has stopped', '2> >(read -r line; kill -STOP $BASHPID)'],
])('a log %s changes no answer', ([, redirection]) => {
  const program = join(import.meta.dirname, 'unwritten-log.ts');
  const { status, stdout } = spawnSync(
    'bash',
    [
      '-c',
      `set -m; "$0" "$1" ${redirection}; code=$?; kill -KILL $! 2>/dev/null; exit $code`,
      process.execPath,
      program,
    ],
    { encoding: 'utf8', env: CHILD_ENVIRONMENT, timeout: 15_000, killSignal: 'SIGKILL' },
  );
  expect([stdout, status]).toEqual(['400\n', 0]);
});
