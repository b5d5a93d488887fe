import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { lazyReverse, reverse } from '../../src/urls/reverse.ts';
import { loadUrlconf } from '../../src/urls/urlconf.ts';
import { withSettings } from '../serve.ts';

beforeEach(async () => {
  withSettings({});
  await loadUrlconf(join(import.meta.dirname, 'sample-urls.ts'));
});

test.for<[name: string, params: Record<string, unknown>, path: string]>([
  ['home', {}, '/'],
  ['archive', {}, '/archive/'],
  ['archive', { year: 2026 }, '/archive/2026/'],
  ['file', { file: 'a b/é?.txt' }, '/files/a%20b/%C3%A9%3F.txt'],
  ['shop:item', { name: 'red-hat' }, '/shop/items/red-hat/'],
  ['shop:staff:person', { who: 'a&b' }, '/shop/staff/a&b/'],
  ['plain', {}, '/plain/'],
])('%s with %j is %s', ([name, params, path]) => {
  expect(reverse(name, params)).toBe(path);
});

test('an unknown name is an error that names the nearest', () => {
  expect(() => reverse('shop:itme')).toThrow(
    "No URL pattern is named 'shop:itme': did you mean 'shop:item'?",
  );
});

test.for([{}, { name: 'a', more: 1 }, { name: 'a/b' }, { other: 'a' }])(
  'parameters %j that do not fit are an error with the pattern',
  (params) => {
    expect(() => reverse('shop:item', params)).toThrow("its pattern is 'shop/items/<slug:name>/'");
  },
);

test.for([undefined, null])('%s is no parameter', (who) => {
  expect(() => reverse('shop:staff:person', { who })).toThrow("pattern is 'shop/staff/<str:who>/'");
});

test('FORCE_SCRIPT_NAME goes in front', () => {
  withSettings({ FORCE_SCRIPT_NAME: '/mounted' });
  expect(reverse('home')).toBe('/mounted/');
});

test('a path that begins with two slashes would name another host: the second is encoded', () => {
  expect(reverse('download', { rest: '/evil.example' })).toBe('/%2Fevil.example/download/');
});

test('a name that was promised is reversed when it is called for', () => {
  expect(lazyReverse('archive')({ year: 2026 })).toBe('/archive/2026/');
});

test('a name that was promised and that no pattern has stops the start', async () => {
  lazyReverse('shop:itme');
  const loading = loadUrlconf(join(import.meta.dirname, 'sample-urls.ts'));
  await expect(loading).rejects.toThrow("named 'shop:itme': did you mean 'shop:item'?");
});
