import { expect, test } from 'vitest';
import { ownReference } from '../../src/staticfiles/hashed-names.ts';

test.for<[string, string, string]>([
  ['x.png', 'css/x.png', 'x.H.png'],
  ['./x.png', 'css/x.png', './x.H.png'],
  ['../img/x.png', 'img/x.png', '../img/x.H.png'],
  ['img/a%20b.png', 'css/img/a b.png', 'img/x.H.png'],
  ['/static/img/x.png', 'img/x.png', '/static/img/x.H.png'],
  ['x.eot?#iefix', 'css/x.eot', 'x.H.png?#iefix'],
  ['x.svg#icon', 'css/x.svg', 'x.H.png#icon'],
  ['x.png?v=1#a', 'css/x.png', 'x.H.png?v=1#a'],
  ['100%.png', 'css/100%.png', 'x.H.png'],
])('%s in css/app.css is %s, and becomes %s', ([url, name, hashed]) => {
  const own = ownReference(url, 'css/app.css', '/static/');
  expect(own?.name).toBe(name);
  expect(own?.withName('folder/x.H.png')).toBe(hashed);
});

test.for([
  '',
  '#clip',
  '?v=1',
  'data:image/png;base64,AA',
  'https://example.com/x.png',
  'HTTP://example.com/x.png',
  'about:blank',
  '//example.com/x.png',
  '/media/x.png',
  '/staticx.png',
  '../../x.png',
])("'%s' is left", (url) => {
  expect(ownReference(url, 'css/app.css', '/static/')).toBeUndefined();
});

test('a hashed name that needs it is encoded', () => {
  expect(ownReference('a%20b.png', 'app.css', '/static/')?.withName('a b.H.png')).toBe(
    'a%20b.H.png',
  );
});
