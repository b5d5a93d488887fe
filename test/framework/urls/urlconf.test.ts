import { expect, test } from 'vitest';
import { ImproperlyConfigured } from '../../../src/framework/errors.ts';
import { include, path, type UrlPattern, type View } from '../../../src/framework/urls/path.ts';
import { compileUrlconf, loadUrlconf } from '../../../src/framework/urls/urlconf.ts';

test.for<[name: string, complaint: string]>([
  ['', 'ROOT_URLCONF is not set'],
  ['myproject.settings', 'has no list urlpatterns'],
  ['myproject.nowhere', 'no file'],
])('ROOT_URLCONF %j is refused', async ([name, complaint]) => {
  await expect(loadUrlconf(name)).rejects.toThrow(complaint);
});

// What the compiler refuses reaches the running program all the same: tsx does not check types.
const nothing: unknown = undefined;

test.for<[pattern: UrlPattern, complaint: string]>([
  [path('x/', nothing as View), "URL pattern 'a/x/' has the view undefined: expected a function."],
  [
    include('z/', nothing as UrlPattern[]),
    "include('a/z/') has the urlpatterns undefined: expected a list.",
  ],
  ['shop.urls' as unknown as UrlPattern, "urlpatterns has 'shop.urls': expected what path() or"],
])('%j is refused before the first request', ([pattern, complaint]) => {
  const compile = () => compileUrlconf([include('a/', [pattern])]);
  expect(compile).toThrow(ImproperlyConfigured);
  expect(compile).toThrow(complaint);
});
