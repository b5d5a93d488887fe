import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { staticUrl } from '../../src/staticfiles/static-url.ts';
import { withSettings } from '../serve.ts';
import { makeTree } from './tree.ts';

const HASHED = {
  'app.css': 'app.b864b7b520ea.css',
  'img/a b.png': 'img/a b.eab3b89c707d.png',
};

let root: string;

beforeEach(() => {
  const manifest = JSON.stringify({ paths: HASHED, version: '1.1', hash: '' });
  root = makeTree({ 'staticfiles.json': manifest, 'old/staticfiles.json': '{"version":"1.0"}' });
  withSettings({ DEBUG: false, STATIC_URL: '/static/', STATIC_ROOT: root });
});

test.for([
  ['/static/', null, 'app.css', '/static/app.b864b7b520ea.css'],
  ['/static/', '/shop', 'app.css', '/static/app.b864b7b520ea.css'],
  ['static/', null, 'app.css', '/static/app.b864b7b520ea.css'],
  ['static/', '/shop', 'app.css', '/shop/static/app.b864b7b520ea.css'],
  ['https://cdn.example/', '/shop', 'app.css', 'https://cdn.example/app.b864b7b520ea.css'],
  ['/static/', null, 'img/a b.png', '/static/img/a%20b.eab3b89c707d.png'],
  ['/static/', null, 'app.css#arrow', '/static/app.b864b7b520ea.css#arrow'],
  ['/static/', null, 'app.css?v', '/static/app.b864b7b520ea.css?v'],
] as const)('%s below %s: %s is %s', ([STATIC_URL, FORCE_SCRIPT_NAME, name, url]) => {
  withSettings({ STATIC_URL, FORCE_SCRIPT_NAME });
  expect(staticUrl(name)).toBe(url);
});

test('under DEBUG names are not hashed, and need no manifest', () => {
  const folder = makeTree({ 'img/new one.svg': '' });
  withSettings({ DEBUG: true, STATIC_ROOT: null, STATICFILES_DIRS: [folder] });
  expect(staticUrl('img/new one.svg')).toBe('/static/img/new%20one.svg');
  expect(staticUrl('img/new one.svg#a')).toBe('/static/img/new%20one.svg#a');
});

test('a slip of the pen is told under DEBUG, before it is a 500 of production', () => {
  withSettings({
    DEBUG: true,
    STATICFILES_DIRS: [makeTree({ 'welcome.css': '', 'img/a': '', 'a~': '' })],
  });
  expect(() => staticUrl('welcom.css')).toThrow(
    "There is no static file 'welcom.css' in STATICFILES_DIRS: did you mean 'welcome.css'?",
  );
  expect(() => staticUrl('img')).toThrow("There is no static file 'img'");
  expect(() => staticUrl('a~')).toThrow("There is no static file 'a~'");
});

test('a name that is not in the manifest is an error that says what to do', () => {
  expect(() => staticUrl('ap.css')).toThrow(
    "There is no static file 'ap.css' in the manifest: did you mean 'app.css'? If not, run collectstatic.",
  );
  expect(() => staticUrl('__proto__')).toThrow('in the manifest: run collectstatic.');
});

test('so is a manifest that is missing, until it is there', () => {
  withSettings({ STATIC_ROOT: join(root, 'empty') });
  expect(() => staticUrl('app.css')).toThrow(
    /no 'staticfiles.json' in .*empty': run collectstatic/,
  );
});

test('so is a manifest of another version', () => {
  withSettings({ STATIC_ROOT: join(root, 'old') });
  expect(() => staticUrl('app.css')).toThrow(/not a manifest of version 1.1: run collectstatic/);
});

test.for(['STATIC_URL', 'STATIC_ROOT'] as const)('without %s it is refused', (name) => {
  withSettings({ [name]: null });
  expect(() => staticUrl('app.css')).toThrow(`${name} is not set`);
});
