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
] as const)('%s below %s: %s is %s', ([STATIC_URL, FORCE_SCRIPT_NAME, name, url]) => {
  withSettings({ STATIC_URL, FORCE_SCRIPT_NAME });
  expect(staticUrl(name)).toBe(url);
});

test('under DEBUG names are not hashed, and need no manifest', () => {
  withSettings({ DEBUG: true, STATIC_ROOT: null });
  expect(staticUrl('img/new one.png')).toBe('/static/img/new%20one.png');
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
