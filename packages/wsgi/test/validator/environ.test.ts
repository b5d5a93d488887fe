import { expect, test } from 'vitest';
import type { Environ } from '../../src/types.ts';
import { validator } from '../../src/validator.ts';
import { ContractError } from '../../src/validator/contract.ts';
import { sampleEnviron } from '../environ.ts';
import { hello, lenient } from './samples.ts';

test.for<[title: string, environ: unknown, message: string]>([
  ['an instance of a class', new URLSearchParams(), 'environ must be a plain object'],
  ['nothing', undefined, 'environ must be an object: undefined'],
  ['a frozen object', Object.freeze(sampleEnviron()), 'environ must be open to changes'],
])('%s is not an environ', ([, environ, message]) => {
  expect(() => validator(hello)(environ as never, lenient)).toThrow(message);
});

test('an environ without a prototype is one', () => {
  const environ = Object.assign(Object.create(null) as Environ, sampleEnviron());
  expect(() => validator(hello)(environ, lenient)).not.toThrow();
});

test('a header whose name has a dot is one', () => {
  const environ = sampleEnviron({ 'HTTP_X.A': '1' });
  expect(() => validator(hello)(environ, lenient)).not.toThrow();
});

const LIKE_INPUT = { read() {}, readline() {}, readlines() {} };
const WITHOUT_READLINES = { read() {}, readline() {}, async *[Symbol.asyncIterator]() {} };

test.for<[changes: Record<string, unknown>, message: string]>([
  [{ REQUEST_METHOD: '' }, "REQUEST_METHOD must not be empty: ''"],
  [{ REQUEST_METHOD: 'G T' }, "REQUEST_METHOD must be a token: 'G T'"],
  [{ SERVER_NAME: '' }, 'SERVER_NAME must not be empty'],
  [{ SERVER_NAME: undefined }, 'SERVER_NAME must not be empty: undefined'],
  [{ SERVER_PORT: 80 }, 'SERVER_PORT must not be empty: 80'],
  [{ SERVER_PORT: 'http' }, "SERVER_PORT must be digits: 'http'"],
  [{ SCRIPT_NAME: '/' }, "make it '' and PATH_INFO '/': SCRIPT_NAME cannot be: '/'"],
  [{ SCRIPT_NAME: 'app' }, "SCRIPT_NAME must be '' or start with '/': 'app'"],
  [{ PATH_INFO: '*' }, "PATH_INFO must be '' or start with '/': '*'"],
  [{ PATH_INFO: undefined }, "PATH_INFO must be set, if to ''"],
  [{ QUERY_STRING: undefined }, "QUERY_STRING must be set, if to ''"],
  [{ SERVER_PROTOCOL: undefined }, "SERVER_PROTOCOL must be set, if to ''"],
  [{ CONTENT_LENGTH: '-1' }, "CONTENT_LENGTH must be digits or empty: '-1'"],
  [{ CONTENT_LENGTH: '1.0' }, 'CONTENT_LENGTH must be digits or empty'],
  [{ HTTP_CONTENT_TYPE: 'text/csv' }, 'the header belongs in CONTENT_TYPE'],
  [{ HTTP_CONTENT_LENGTH: '1' }, 'the header belongs in CONTENT_LENGTH'],
  [{ HTTP_AGE: 1 }, 'HTTP_AGE must be a string, or absent: 1'],
  [{ HTTP_AGE: undefined }, 'HTTP_AGE must be a string, or absent: undefined'],
  [{ HTTP_NAME: '\u20ac' }, 'HTTP_NAME must be latin1'],
  [{ 'HTTP_X-A': '1' }, "write it in upper case, with '_' for '-': 'HTTP_X-A'"],
  [{ http_x_a: '1' }, "write it in upper case, with '_' for '-': 'http_x_a'"],
  [{ 'Gateway.Signal': 1 }, "an extension's name is lower-case"],
  [{ 'wsgi.version': [1, 1] }, 'wsgi.version must be [1, 0]: [ 1, 1 ]'],
  [{ 'wsgi.version': [1, 0, 0] }, 'wsgi.version must be [1, 0]: [ 1, 0, 0 ]'],
  [{ 'wsgi.version': '1.0' }, "wsgi.version must be [1, 0]: '1.0'"],
  [{ 'wsgi.url_scheme': 'ftp' }, "wsgi.url_scheme must be 'http' or 'https': 'ftp'"],
  [{ 'wsgi.url_scheme': undefined }, 'environ must have wsgi.url_scheme'],
  [{ 'wsgi.run_once': 0 }, 'wsgi.run_once must be true or false: 0'],
  [{ 'wsgi.multithread': undefined }, 'environ must have wsgi.multithread'],
  [{ 'wsgi.input': null }, 'wsgi.input must be a stream: null'],
  [{ 'wsgi.input': LIKE_INPUT }, 'wsgi.input must have the method Symbol(Symbol.asyncIterator)'],
  [{ 'wsgi.input': WITHOUT_READLINES }, 'wsgi.input must have the method readlines'],
  [{ 'wsgi.errors': { write() {}, writelines() {} } }, 'wsgi.errors must have the method flush'],
  [{ 'wsgi.errors': { write() {}, flush() {} } }, 'wsgi.errors must have the method writelines'],
])('environ with %o is refused', async ([changes, message]) => {
  const environ = { ...sampleEnviron(), ...changes };
  expect(() => validator(hello)(environ as never, lenient)).toThrow(ContractError);
  expect(() => validator(hello)(environ as never, lenient)).toThrow(message);
});
