import { expect, test } from 'vitest';
import { hosts, isAllowedHost } from '../../src/middleware/security.ts';
import { HttpResponse } from '../../src/response.ts';
import { path } from '../../src/urls/path.ts';
import { capturedLog } from '../captured-log.ts';
import { serveProject, withSettings } from '../serve.ts';

test.for<[host: string, patterns: string[], isAllowed: boolean]>([
  ['example.com', ['example.com'], true],
  ['example.com:8080', ['example.com'], true],
  ['example.com.', ['example.com'], true],
  ['example.com..', ['example.com'], false],
  ['example.com', ['EXAMPLE.com'], true],
  ['www.example.com', ['example.com'], false],
  ['www.example.com', ['.example.com'], true],
  ['example.com', ['.example.com'], true],
  ['badexample.com', ['.example.com'], false],
  ['example.com.evil.com', ['example.com'], false],
  ['anything.at.all', ['*'], true],
  ['127.0.0.1:80', ['127.0.0.1'], true],
  ['[::1]:8000', ['[::1]'], true],
  ['example.com:port', ['*'], false],
  ['exa mple.com', ['*'], false],
  ['user@example.com', ['*'], false],
  ['example.com/path', ['*'], false],
  ['exam_ple.com', ['*'], false],
  ['[::1', ['*'], false],
  ['', ['*'], false],
  ['example.com', [], false],
])('%s against %j: %s', ([host, patterns, isAllowed]) => {
  expect(isAllowedHost(host, patterns)).toBe(isAllowed);
});

const project = { urlpatterns: [path('', () => new HttpResponse('ok'))], middleware: [hosts] };

test('a forged host gets a 400, with a log line that names it and the setting', async () => {
  const lines = capturedLog();
  const { get } = await serveProject({ ...project, settings: { ALLOWED_HOSTS: ['example.com'] } });
  const answer = await get('/', { headers: { Host: 'evil.example' } });
  expect(answer.status).toBe(400);
  expect(answer.text).not.toContain('evil');
  expect(lines).toMatchObject([
    { level: 'warn', message: expect.stringMatching(/'evil\.example'.*ALLOWED_HOSTS/) },
  ]);
});

test.for([
  ['evil.example:8080', "Host 'evil.example:8080' is not allowed: add 'evil.example' to"],
  ['evil.example.:80', "Host 'evil.example.:80' is not allowed: add 'evil.example' to"],
  ['[::2]:8080', "Host '[::2]:8080' is not allowed: add '[::2]' to"],
  ['exam_ple.com', "Host 'exam_ple.com' is not well-formed"],
])('%s is refused with what can be added', async ([Host = '', message]) => {
  const lines = capturedLog();
  const { get } = await serveProject({ ...project, settings: { ALLOWED_HOSTS: ['example.com'] } });
  expect((await get('/', { headers: { Host } })).status).toBe(400);
  expect(lines).toMatchObject([{ level: 'warn', message: expect.stringContaining(message ?? '') }]);
});

test('under DEBUG the page says what to set', async () => {
  capturedLog();
  const { get } = await serveProject({ ...project, settings: { DEBUG: true, ALLOWED_HOSTS: [] } });
  const answer = await get('/', { headers: { Host: 'myhost:8080', Accept: 'text/html' } });
  expect(answer.text).toMatch(/add &#39;myhost&#39; to ALLOWED_HOSTS/);
});

test.for([
  ['localhost:8000', 200],
  ['app.localhost', 200],
  ['127.0.0.1', 200],
  ['[::1]:8000', 200],
  ['example.com', 400],
] as const)('an empty list under DEBUG answers %s with %i', async ([Host, status]) => {
  capturedLog();
  const { get } = await serveProject({ ...project, settings: { DEBUG: true, ALLOWED_HOSTS: [] } });
  expect((await get('/', { headers: { Host } })).status).toBe(status);
});

test('an empty list without DEBUG answers nobody', async () => {
  capturedLog();
  const { get } = await serveProject({ ...project, settings: { ALLOWED_HOSTS: [] } });
  expect((await get('/')).status).toBe(400);
});

test('a host that was let through is looked at again where another comes, or the list is another', async () => {
  capturedLog();
  const { get } = await serveProject({ ...project, settings: { ALLOWED_HOSTS: ['good.test'] } });
  const statusFor = async (host: string): Promise<number> =>
    (await get('/', { headers: { Host: host } })).status;
  expect(await statusFor('good.test')).toBe(200);
  expect(await statusFor('evil.test')).toBe(400);
  expect(await statusFor('good.test')).toBe(200);
  withSettings({ ALLOWED_HOSTS: ['other.test'] });
  expect(await statusFor('good.test')).toBe(400);
});
