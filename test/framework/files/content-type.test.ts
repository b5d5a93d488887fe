import { expect, test } from 'vitest';
import { contentType } from '../../../src/framework/files/content-type.ts';

test.for<[string, string]>([
  ['app.css', 'text/css; charset=utf-8'],
  ['css/APP.CSS', 'text/css; charset=utf-8'],
  ['app.js', 'text/javascript; charset=utf-8'],
  ['app.mjs', 'text/javascript; charset=utf-8'],
  ['logo.svg', 'image/svg+xml'],
  ['font.woff2', 'font/woff2'],
  ['site.webmanifest', 'application/manifest+json; charset=utf-8'],
  ['module.wasm', 'application/wasm'],
  ['css', 'application/octet-stream'],
  ['data.unknown', 'application/octet-stream'],
  ['', 'application/octet-stream'],
])('%s is %s', ([name, type]) => {
  expect(contentType(name)).toBe(type);
});
