import { expect, test } from 'vitest';
import { loadUrlconf } from '../../../src/framework/urls/urlconf.ts';

test.for<[name: string, complaint: string]>([
  ['', 'ROOT_URLCONF is not set'],
  ['myproject.settings', 'has no list urlpatterns'],
  ['myproject.nowhere', 'no file'],
])('ROOT_URLCONF %j is refused', async ([name, complaint]) => {
  await expect(loadUrlconf(name)).rejects.toThrow(complaint);
});
