import { expect, test } from 'vitest';
import { useStack } from './stack.ts';

const stack = useStack();
const MEGABYTE = 1_000_000;

test('the image of the application is small, and what is ours in it is the least', async () => {
  const { Image } = await stack.inspect<{ Image: string }>('app');
  const size = await stack.docker('image', 'inspect', '--format', '{{.Size}}', Image);
  expect(Number(size)).toBeLessThan(300 * MEGABYTE);
  const [own = ''] = (await stack.shell('app', 'du -sk /app')).split('\t');
  expect(Number(own) * 1024).toBeLessThan(20 * MEGABYTE);
});

test('nothing in it installs, and nothing is there for the tests of others', async () => {
  const commands = 'for name in node npm npx corepack yarn; do command -v $name; done; true';
  expect(await stack.shell('app', commands)).toBe('/usr/local/bin/node\n');
  const tests = 'find /app/node_modules -maxdepth 2 -path "*/[!@]*/test*" -name test';
  expect(await stack.shell('app', tests)).toBe('');
});
