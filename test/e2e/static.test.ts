import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describeStaticConformance } from '../framework/staticfiles/conformance.ts';
import { requestLine, sendRaw } from './raw-request.ts';
import { useStack } from './stack.ts';

const stack = useStack();

const STYLE_SHEET = join(import.meta.dirname, '../../src/myproject/static/welcome.css');

describeStaticConformance('nginx', readFileSync(STYLE_SHEET), () => Promise.resolve(stack.port));

test('the page links to hashed names, which are kept for good', async () => {
  const page = await (await fetch(stack.url)).text();
  const names = page.match(/\/static\/[^"]+/g) ?? [];
  expect(names.length).toBeGreaterThan(0);
  for (const name of names) {
    const response = await fetch(new URL(name, stack.url));
    expect(response.headers.get('cache-control')).toContain('immutable');
  }
});

test('the location for X-Accel-Redirect cannot be asked for', async () => {
  const { status } = await sendRaw(stack.port, requestLine('GET', '/protected/file.txt'));
  expect(status).toBe(404);
});
