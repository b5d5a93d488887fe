import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { overrideSettings } from '@wsgi/framework/settings';
import { testClient } from '@wsgi/framework/testing';

const client = await testClient();

test('the catalogue has the name of the shop', async () => {
  onTestFinished(overrideSettings({ SHOP_NAME: "Anna's photos" }));
  const response = await client.get('/shop/');
  expect(response.status).toBe(200);
  expect(response.text()).toContain('<h1>Anna&#39;s photos</h1>');
});

test('a photo that was sent can be fetched', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'photos-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  onTestFinished(overrideSettings({ PHOTO_DIR: folder }));

  const multipart = new FormData();
  multipart.append('photo', new Blob(['pixels']), 'holiday.png');
  const response = await client.post('/shop/photos/', { multipart, follow: true });
  expect(response.text()).toBe('pixels');
});

test('a form without a photo is refused', async () => {
  const response = await client.post('/shop/photos/', { multipart: new FormData() });
  expect(response.status).toBe(400);
});

test('a customer who gave a name is greeted by it', async () => {
  await client.post('/shop/customer/', { form: { name: 'Ann' } });
  expect((await client.get('/shop/')).text()).toContain('Hello, Ann.');
});
