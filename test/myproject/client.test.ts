import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { testClient } from '../../src/framework/testing.ts';

test('the example in the documentation of the test client holds', async () => {
  const client = await testClient();
  const response = await client.get('/items/7/');
  expect(response.status).toBe(200);
  expect(response.json()).toEqual({ id: 7, name: 'Item 7' });
  const source = readFileSync(new URL('../../src/framework/testing.ts', import.meta.url));
  expect(String(source)).toContain("expect(response.json()).toEqual({ id: 7, name: 'Item 7' });");
});
