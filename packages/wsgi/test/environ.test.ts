import { expect, test } from 'vitest';
import { splitTarget } from '../src/environ.ts';

test.for<[target: string, path: string, query: string, host: string]>([
  ['/a/b', '/a/b', '', ''],
  ['/a?b?c', '/a', 'b?c', ''],
  ['/a?', '/a', '', ''],
  ['//a/http://b', '//a/http://b', '', ''],
  ['/%2A', '/%2A', '', ''],
  ['*', '', '', ''],
  ['http://h:80/a?b', '/a', 'b', 'h:80'],
  ['HTTPS://h', '/', '', 'h'],
  ['http://h?b', '/', 'b', 'h'],
  ['http:///a', '/a', '', ''],
])('of the target %s, the path is %s, the query %s, the host %s', ([target, ...parts]) => {
  const [path, query, host] = parts;
  expect(splitTarget(target)).toEqual({ path, query, host });
});
