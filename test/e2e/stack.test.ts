import { expect, test } from 'vitest';
import { useStack } from './stack.ts';

const stack = useStack();

test('the page comes through nginx, with a request id', async () => {
  const response = await fetch(stack.url);
  expect(response.status).toBe(200);
  expect(response.headers.get('server')).toBe('nginx');
  expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/);
});

test("one request id is in the response, in nginx's line and in the gateway's line", async () => {
  const response = await fetch(new URL('/items/7/?from=e2e', stack.url));
  const id = String(response.headers.get('x-request-id'));

  const seen = {
    request_id: id,
    remote_addr: expect.stringMatching(/[.:]/),
    method: 'GET',
    target: '/items/7/?from=e2e',
    status: 200,
    duration_seconds: expect.any(Number),
  };
  const front = await stack.accessLine('nginx', id);
  expect(front).toMatchObject({ ...seen, upstream_status: '200' });
  const { remote_addr } = front;
  expect(await stack.accessLine('app', id)).toMatchObject({ ...seen, remote_addr });
});

test('what a client sends is cut in both lines where it is long', async () => {
  const url = new URL(`/items/7/?from=${'e2e'.repeat(500)}`, stack.url);
  const response = await fetch(url, { headers: { 'User-Agent': 'u'.repeat(4000) } });
  const id = String(response.headers.get('x-request-id'));
  for (const service of ['nginx', 'app'] as const) {
    expect(await stack.accessLine(service, id)).toMatchObject({
      target: `${(url.pathname + url.search).slice(0, 1024)}…`,
      user_agent: `${'u'.repeat(512)}…`,
    });
  }
});

test("a client's own request id is replaced", async () => {
  const response = await fetch(stack.url, { headers: { 'X-Request-ID': 'forged' } });
  const id = String(response.headers.get('x-request-id'));
  expect(id).toMatch(/^[0-9a-f]{32}$/);
  expect(await stack.accessLine('app', id)).toMatchObject({ status: 200 });
});

test('the JSON view answers with the id of its path', async () => {
  const response = await fetch(new URL('/items/7/', stack.url));
  expect(response.headers.get('content-type')).toMatch(/^application\/json/);
  expect(await response.json()).toMatchObject({ id: 7 });
});

test('the health check answers through nginx', async () => {
  const response = await fetch(new URL('/healthz', stack.url));
  expect(response.status).toBe(200);
  expect((await response.text()).trim()).toBe('ok');
});

test('a page that does not exist is a 404 of the application', async () => {
  const response = await fetch(new URL('/no-such-page/', stack.url));
  expect(response.status).toBe(404);
  expect(response.headers.get('content-security-policy')).not.toBeNull();
});

test('a streamed response arrives in pieces', async () => {
  const response = await fetch(new URL('/stream/', stack.url));
  const arrivals: number[] = [];
  await response.body?.pipeTo(
    new WritableStream({ write: () => void arrivals.push(performance.now()) }),
  );
  expect(arrivals.length).toBeGreaterThan(2);
  expect(Number(arrivals.at(-1)) - Number(arrivals[0])).toBeGreaterThan(200);
});

test('a static file comes from nginx itself, compressed, and is revalidated', async () => {
  const url = await stylesheet();
  const response = await fetch(url, { headers: { 'Accept-Encoding': 'gzip' } });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/css; charset=utf-8');
  expect(response.headers.get('content-encoding')).toBe('gzip');
  expect(response.headers.get('cache-control')).toBe(cacheControl(url.pathname));
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');

  const id = String(response.headers.get('x-request-id'));
  expect(await stack.accessLine('nginx', id)).toMatchObject({ upstream_addr: '' });

  const etag = String(response.headers.get('etag'));
  const again = await fetch(url, { headers: { 'If-None-Match': etag } });
  expect(again.status).toBe(304);
});

test('a static file can only be read', async () => {
  const response = await fetch(await stylesheet(), { method: 'POST' });
  expect(response.status).toBe(405);
});

test('a missing static file is not kept by caches, whatever its name promises', async () => {
  const response = await fetch(new URL('/static/gone.0123456789ab.css', stack.url));
  expect(response.status).toBe(404);
  expect(response.headers.get('cache-control')).toBe('no-store');
});

/** The address of the style sheet that the page links to. */
async function stylesheet(): Promise<URL> {
  const page = await (await fetch(stack.url)).text();
  const [, href = ''] = /href="(\/static\/[^"]+\.css)"/.exec(page) ?? [];
  return new URL(href, stack.url);
}

/** Names with a hash never change their content; the others are asked for again. */
function cacheControl(path: string): string {
  const isHashed = /\.[0-9a-f]{12}\.css$/.test(path);
  return isHashed ? 'public, max-age=31536000, immutable' : 'no-cache';
}
