import { expect, test } from 'vitest';
import { testClient } from '@wsgi/framework/testing';
import { useDatabase } from '../database.ts';

useDatabase();

test('a note that was written is listed', async () => {
  const client = await testClient();
  const created = await client.post('/notes/', { form: { text: 'buy milk' } });
  expect([created.status, created.json()]).toEqual([201, { id: 1 }]);
  const listed = await client.get('/notes/');
  expect(listed.json()).toMatchObject([{ id: 1, text: 'buy milk' }]);
});

test('each test begins with an empty database', async () => {
  const client = await testClient();
  expect((await client.get('/notes/')).json()).toEqual([]);
});
