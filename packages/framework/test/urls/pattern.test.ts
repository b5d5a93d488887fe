import { expect, test } from 'vitest';
import { ImproperlyConfigured } from '../../src/errors.ts';
import { compilePattern, matchPattern, registerConverter } from '../../src/urls/pattern.ts';
import { cpuTimeMs } from '../../../wsgi/test/cpu-time.ts';

declare module '../../src/urls/pattern.ts' {
  interface ConverterTypes {
    [name: `year${string}`]: number;
    anything: string;
  }
}

const UUID = '0189f7ea-ae2c-7809-8aeb-b819cf5e9e7f';
const DEEP = Array(200).fill('folder').join('/');

test.for<[pattern: string, path: string, values: object | undefined]>([
  ['', '/', {}],
  ['', '/a', undefined],
  ['a/', '/a/', {}],
  ['a/', '/a', undefined],
  ['a/', '/a/b', undefined],
  ['<int:id>/', '/7/', { id: 7 }],
  ['<int:id>/', '/007/', { id: 7 }],
  ['<int:id>/', '/-7/', undefined],
  ['<int:id>/', '/7/8/', undefined],
  ['<int:id>/', '//', undefined],
  ['<int:id>/', '/99999999999999999999/', undefined],
  ['<name>/', '/a b/', { name: 'a b' }],
  ['<str:name>/', '/a/b/', undefined],
  ['<slug:s>/', '/a-b_c/', { s: 'a-b_c' }],
  ['<slug:s>/', '/a.b/', undefined],
  ['<uuid:u>/', `/${UUID}/`, { u: UUID }],
  ['<uuid:u>/', `/${UUID.toUpperCase()}/`, undefined],
  ['<path:p>', '/a/b/c', { p: 'a/b/c' }],
  ['<path:p>/edit/', '/a/edit/b/edit/', { p: 'a/edit/b' }],
  ['<int:y>/<int:m>/', '/2026/11/', { y: 2026, m: 11 }],
  ['<slug:s>-<int:id>/', '/a-b-7/', { s: 'a-b', id: 7 }],
  ['<int:id>-<slug:s>/', '/7-a-b/', { id: 7, s: 'a-b' }],
  ['<int:y>-<slug:s>-<int:n>/', '/7-a-b-8/', { y: 7, s: 'a-b', n: 8 }],
  ['<slug:a>-<slug:b>', '/x-y-z', { a: 'x-y', b: 'z' }],
  ['<slug:a>-<slug:b>', '/x--', { a: 'x', b: '-' }],
  ['<str:user>/<path:rest>', '/u/a/b', { user: 'u', rest: 'a/b' }],
  ['<path:a>/to/<path:b>/', '/1/to/2/to/3/', { a: '1/to/2', b: '3' }],
  ['<str:a>.<str:b>', '/.x', undefined],
  ['<str:a>/<str:b>/<path:c>', `/a/b/${DEEP}`, { a: 'a', b: 'b', c: DEEP }],
  ['<int:a>-<slug:b>', `/7-${DEEP.replaceAll('/', '-')}`, { a: 7, b: DEEP.replaceAll('/', '-') }],
  ['a.c/', '/abc/', undefined],
])('%s on %s gives %j', ([pattern, path, values]) => {
  expect(matchPattern(compilePattern(pattern), path)).toEqual(values);
});

test.for<[pattern: string, complaint: string]>([
  ['/a/', 'starts with a slash'],
  ['<int:id', 'bracket'],
  ['<int:2nd>/', "named '2nd'"],
  ['<__proto__>/', "named '__proto__'"],
  ['<a>/<a>/', 'two parameters of one name'],
  ['<a><b>/', 'without text between'],
  ['<float:x>/', "no URL converter 'float'"],
])('%s is refused', ([pattern, complaint]) => {
  expect(() => compilePattern(pattern)).toThrow(ImproperlyConfigured);
  expect(() => compilePattern(pattern)).toThrow(complaint);
});

test.for<[pattern: string, path: string]>([
  ['<slug:a>-<slug:b>-<int:c>/', '-'.repeat(65_536)],
  ['<path:a>/x/<path:b>/x/<path:c>/y', '/x'.repeat(32_768)],
  ['<path:p>/edit/', '/'.repeat(65_536)],
  ['<str:a>/<str:b>/', 'a'.repeat(65_536)],
  ['<str:a>/<str:b>/<path:c>', '/'.repeat(65_536)],
  ['<str:a>/<str:b>/<path:c>/y', 'a/'.repeat(32_768)],
  ['<slug:a>-<int:b>-<path:c>/', `${'a-'.repeat(32_768)}.`],
  ['<uuid:a>/<int:b>/<path:c>/y', '1/'.repeat(32_768)],
  ['<path:a>/<int:b>/<int:c>/y', '1/'.repeat(32_768)],
])('%s answers for a hostile path of 64 KB in time', ([pattern, path]) => {
  const compiled = compilePattern(pattern);
  let match: unknown = 'none yet';
  expect(cpuTimeMs(() => (match = matchPattern(compiled, `/${path}`)))).toBeLessThan(50);
  expect(match).toBeUndefined();
});

test.for(['', 'g', 'y', 'gi'])(
  'a converter of the project matches each time, with the flags %j too',
  (flags) => {
    const regex = new RegExp('[0-9]{4}', flags);
    registerConverter(`year${flags}`, { regex, toValue: Number, toUrl: String });
    const pattern = compilePattern(`<year${flags}:year>/`);
    expect(matchPattern(pattern, '/2026/')).toEqual({ year: 2026 });
    expect(matchPattern(pattern, '/2026/')).toEqual({ year: 2026 });
  },
);

registerConverter('anything', { regex: /.*/, toValue: String, toUrl: String });

test.for([
  ['<anything:a>/', '//'],
  ['n<anything:a>/', '/n/'],
  ['n<anything:a>n', '/n'],
])('no converter is asked about the empty text that %s has in %s', ([pattern = '', path = '']) => {
  expect(matchPattern(compilePattern(pattern), path)).toBeUndefined();
});

test.for(['slug', 'anything'] as const)('a second converter of the name %s is refused', (name) => {
  const converter = { regex: /x/, toValue: String, toUrl: String };
  expect(() => registerConverter(name, converter as never)).toThrow(
    `There is a URL converter '${name}' already`,
  );
});
