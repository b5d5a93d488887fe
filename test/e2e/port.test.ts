import { expect, onTestFinished, test } from 'vitest';
import { useStack } from './stack.ts';

const stack = useStack();

test('the image listens on PORT, as platforms want it, and its health check asks there', async () => {
  const { Image } = await stack.inspect<{ Image: string }>('app');
  const run = ['run', '--detach', '--rm', '--init', '--env', 'PORT=9123', Image];
  const id = (await stack.docker(...run)).trim();
  onTestFinished(async () => void (await stack.docker('rm', '--force', id)));
  const health = () => stack.docker('inspect', '--format', '{{.State.Health.Status}}', id);
  await expect.poll(health, { timeout: 30_000 }).toBe('healthy\n');
  const script = "fetch('http://127.0.0.1:9123/healthz').then(({ status }) => console.log(status))";
  expect(await stack.docker('exec', id, 'node', '-e', script)).toBe('200\n');
});
