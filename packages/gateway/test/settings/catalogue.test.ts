import { expect, test } from 'vitest';
import { CATALOGUE } from '../../src/settings/catalogue.ts';

type Name = keyof typeof CATALOGUE;

const LOCAL = { kind: 'tcp', host: '127.0.0.1', port: 8000 };
const ANYWHERE = { kind: 'tcp', host: '0.0.0.0', port: 8000 };

test.for<[Name, given: unknown, value: unknown]>([
  ['bind', '127.0.0.1:8000', [LOCAL]],
  ['bind', ':8000', [ANYWHERE]],
  ['bind', 'localhost:65535', [{ kind: 'tcp', host: 'localhost', port: 65_535 }]],
  ['bind', '[::1]:8000', [{ kind: 'tcp', host: '::1', port: 8000 }]],
  ['bind', 'unix:/run/a.sock', [{ kind: 'unix', path: '/run/a.sock' }]],
  ['bind', '127.0.0.1:8000 , :8000,', [LOCAL, ANYWHERE]],
  ['bind', [':0', ':0'], [0, 0].map((port) => ({ ...ANYWHERE, port }))],
  ['workers', '4', 4],
  ['workers', 1, 1],
  ['maxRequests', '0', 0],
  ['timeout', '0.5', 0.5],
  ['timeout', 2_147_483, 2_147_483],
  ['headerTimeout', '0.1', 0.1],
  ['umask', 0o777, 0o777],
  ['umask', 0, 0],
  ['forwardedAllowIps', '10.0.0.0/8, ::1', ['10.0.0.0/8', '::1']],
  ['forwardedAllowIps', '0.0.0.0/0,::/128', ['0.0.0.0/0', '::/128']],
  ['rootPath', '', ''],
  ['rootPath', '/a/b', '/a/b'],
  ['rawEnv', ['A=', 'B=1=2', 'C=two\nlines'], { A: '', B: '1=2', C: 'two\nlines' }],
  ['reload', true, true],
  ['accesslogSkip', '', ''],
  ['accesslogSkip', '/up', '/up'],
  ['metricsBind', ':8000', ANYWHERE],
  ['metricsBind', '', undefined],
])('%s: %j is %j', ([name, given, value]) => {
  expect(CATALOGUE[name].parse(given)).toEqual(value);
});

test.for<[Name, given: unknown, expected: string]>([
  ['bind', '', 'HOST:PORT'],
  ['bind', [], 'HOST:PORT'],
  ['bind', 'unix:', 'HOST:PORT'],
  ['bind', ':8000,x', 'HOST:PORT'],
  ['bind', ':65536', 'HOST:PORT'],
  ['bind', ':008000', 'HOST:PORT'],
  ['bind', '[127.0.0.1]:8000', 'HOST:PORT'],
  ['bind', 'http://a:8000', 'HOST:PORT'],
  ['bind', 'a/b:8000', 'HOST:PORT'],
  ['bind', ':8000,0.0.0.0:8000', 'each address once'],
  ['bind', 'unix:a,unix:a', 'each address once'],
  ['workers', '0', 'at least 1'],
  ['workers', '1.5', 'a whole number'],
  ['workers', 1.5, 'a whole number'],
  ['workers', ['4'], 'a whole number'],
  ['workers', '9007199254740992', 'a whole number'],
  ['timeout', '-1', 'a number of seconds'],
  ['timeout', '1.', 'a number of seconds'],
  ['timeout', 2_147_484, 'at most 2147483'],
  ['timeout', Number.NaN, 'a number of seconds'],
  ['headerTimeout', 0, 'at least 0.1'],
  ['umask', 0o1000, 'an octal number'],
  ['umask', -1, 'an octal number'],
  ['umask', '8', 'an octal number'],
  ['umask', '1000', 'an octal number'],
  ['forwardedAllowIps', '10.0.0.0/8/8', 'CIDR'],
  ['forwardedAllowIps', '10.0.0.0/33', 'CIDR'],
  ['forwardedAllowIps', '::/129', 'CIDR'],
  ['forwardedAllowIps', '10.0.0.0/-1', 'CIDR'],
  ['forwardedAllowIps', '10.0.0.0/1.5', 'CIDR'],
  ['forwardedAllowIps', '10.0.0.0/', 'CIDR'],
  ['forwardedAllowIps', 'localhost', 'CIDR'],
  ['rootPath', '/', 'without a slash at its end'],
  ['rootPath', '/a/', 'without a slash at its end'],
  ['rootPath', '//a', 'a path such as /shop'],
  ['rootPath', 'a', 'a path such as /shop'],
  ['rawEnv', 'A', 'NAME=VALUE'],
  ['rawEnv', '=1', 'NAME=VALUE'],
  ['rawEnv', 'A\0B=1', 'NAME=VALUE'],
  ['reload', 'true', 'true or false'],
  ['accesslog', '', "'-' for standard output"],
  ['accesslogSkip', 'up', 'a path such as /healthz'],
  ['procName', 1, 'text'],
  ['metricsBind', 'unix:/run/a.sock', 'HOST:PORT'],
])('%s cannot be %j', ([name, given, expected]) => {
  expect(() => CATALOGUE[name].parse(given)).toThrow(expected);
});
