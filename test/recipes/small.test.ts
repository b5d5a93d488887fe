import { expect, inject, test } from 'vitest';
import { Kitchen } from './kitchen.ts';

const { folder, environment } = inject('kitchen');
const kitchen = new Kitchen(folder, environment);
const JSON_TYPE = { 'Content-Type': 'application/json' };

test('openapi: what the schema takes is created, what it refuses is a 422 by field', async () => {
  const post = (data: unknown) =>
    kitchen.ask('/api/customers/', {
      method: 'POST',
      headers: JSON_TYPE,
      body: JSON.stringify(data),
    });
  const created = await post({ name: 'Ann', age: 7 });
  expect([created.status, await created.json()]).toMatchObject([201, { name: 'Ann', age: 7 }]);
  const refused = await post({ name: '', age: 'old' });
  expect(refused.status).toBe(422);
  const { errors } = (await refused.json()) as { errors: { pointer: string }[] };
  expect(errors.map(({ pointer }) => pointer)).toEqual(['#/name', '#/age']);
});

test('openapi: the document has the same schemas', async () => {
  const document = await (await kitchen.ask('/api/openapi.json')).json();
  expect(document).toMatchObject({
    openapi: '3.1.1',
    paths: {
      '/api/customers/': {
        post: {
          requestBody: {
            content: {
              'application/json': {
                schema: {
                  properties: { name: { minLength: 1 }, age: { maximum: 150 } },
                  required: ['name'],
                },
              },
            },
          },
        },
      },
    },
  });
});

test('jsx: a page is rendered, and what a client sent is escaped', async () => {
  const response = await kitchen.ask('/greeting/?name=Ann&name=%3Cb%3E');
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(await response.text()).toBe(
    '<!doctype html><html lang="en"><head><title>Hello</title></head><body><ul>' +
      '<li>Hello, Ann.</li><li>Hello, &lt;b&gt;.</li></ul></body></html>',
  );
});

test('cors: the origin that is named may read and write, another may not', async () => {
  const preflight = await kitchen.ask('/api/customers/', {
    method: 'OPTIONS',
    headers: { Origin: 'https://app.example', 'Access-Control-Request-Method': 'POST' },
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get('access-control-allow-headers')).toContain('Content-Type');
  const write = (Origin: string) =>
    kitchen.ask('/api/customers/', {
      method: 'POST',
      headers: { ...JSON_TYPE, Origin, 'Sec-Fetch-Site': 'cross-site' },
      body: '{"name":"Bob"}',
    });
  const own = await write('https://app.example');
  expect([own.status, own.headers.get('access-control-allow-origin')]).toEqual([
    201,
    'https://app.example',
  ]);
  const foreign = await write('https://evil.example');
  expect([foreign.status, foreign.headers.get('access-control-allow-origin')]).toEqual([403, null]);
  expect(foreign.headers.get('vary')).toContain('Origin');
});
