import { readdirSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { UploadFolder } from '../../src/forms/upload-folder.ts';
import { temporaryFolder } from '../../../wsgi/test/temporary-folder.ts';
import { limitFileSize } from './limit-file-size.ts';
import { openFilesIn } from './open-files.ts';

async function store(folder: UploadFolder, ...pieces: string[]) {
  const file = folder.add();
  for (const piece of pieces) await file.append(Buffer.from(piece));
  await file.close();
  return { size: file.size, place: file.place };
}

test('the memory is shared by all files of a form, and given back by those on the disk', async () => {
  const parent = temporaryFolder();
  const folder = new UploadFolder(parent, 10);
  expect(await store(folder, '12345678', '12345678')).toMatchObject({
    size: 16,
    place: expect.stringContaining(parent),
  });
  expect(await store(folder, '1234', '5678')).toEqual({
    size: 8,
    place: [Buffer.from('1234'), Buffer.from('5678')],
  });
  expect(await store(folder, '123')).toMatchObject({ place: expect.any(String) });
  await folder.remove();
  expect(readdirSync(parent)).toEqual([]);
});

test('without a file on the disk there is no folder', async () => {
  const parent = temporaryFolder();
  const folder = new UploadFolder(parent, 10);
  await store(folder, '123');
  expect(readdirSync(parent)).toEqual([]);
  await folder.remove();
});

test('what cannot be written, as on a full disk, is closed', async () => {
  const parent = temporaryFolder();
  const folder = new UploadFolder(parent, 8192);
  const file = folder.add();
  await file.append(Buffer.alloc(8192));
  limitFileSize('4096');
  onTestFinished(() => limitFileSize('unlimited'));
  await expect(file.append(Buffer.alloc(1))).rejects.toMatchObject({ code: 'EFBIG' });
  expect(openFilesIn(parent)).toHaveLength(1);
  await folder.remove();
  expect(openFilesIn(parent)).toEqual([]);
});
