import { expect, test } from 'vitest';
import { AccessLog } from '../../src/worker/access-log.ts';
import { exchange } from '../raw-client.ts';
import { served } from './serve.ts';

test('a line of the access log holds nothing that a terminal heeds', async () => {
  const line = await accessLineOf('/', 'User-Agent: a\x9b31mb\x85"\xe9\r\n');
  expect(line).toMatch(/^[\x20-\x7e\xa0-\xff]*\n$/);
  expect(JSON.parse(line)).toMatchObject({ user_agent: 'a\x9b31mb\x85"\xe9' });
});

test.for(['/plain?a=b', '/a"b', '/a\\b', '/a?"\\', '/"'])(
  'a line of the access log has the target %s as it came',
  async (target) => {
    const line = await accessLineOf(target, '');
    expect(JSON.parse(line)).toMatchObject({ target });
  },
);

async function accessLineOf(target: string, fields: string): Promise<string> {
  const lines: string[] = [];
  const { port } = await served(
    (_environ, startResponse) => {
      startResponse('200 OK', []);
      return [];
    },
    { accessLog: new AccessLog({ write: (line) => lines.push(line) }) },
  );
  await exchange(port, `GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${fields}\r\n`);
  expect(lines).toHaveLength(1);
  return lines.join('');
}
