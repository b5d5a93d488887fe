import { expect, test } from 'vitest';
import { staticUrl } from '../../../src/framework/staticfiles/static-url.ts';
import { withSettings } from '../serve.ts';

test.for([
  ['/static/', null, 'app.css', '/static/app.css'],
  ['/static/', '/shop', 'app.css', '/static/app.css'],
  ['static/', null, 'app.css', '/static/app.css'],
  ['static/', '/shop', 'app.css', '/shop/static/app.css'],
  ['https://cdn.example/', '/shop', 'a b.css', 'https://cdn.example/a%20b.css'],
] as const)('%s below %s: %s is %s', ([STATIC_URL, FORCE_SCRIPT_NAME, name, url]) => {
  withSettings({ STATIC_URL, FORCE_SCRIPT_NAME });
  expect(staticUrl(name)).toBe(url);
});

test('without STATIC_URL it is refused', () => {
  withSettings({ STATIC_URL: null });
  expect(() => staticUrl('app.css')).toThrow('STATIC_URL is not set');
});
