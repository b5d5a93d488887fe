import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import type { HttpRequest } from '../../src/request.ts';
import { HttpResponse } from '../../src/response.ts';
import { path } from '../../src/urls/path.ts';
import { NO_SMALL_DISK, smallDisk } from '../../../wsgi/test/small-disk.ts';
import { temporaryFolder } from '../../../wsgi/test/temporary-folder.ts';
import { capturedLog } from '../captured-log.ts';
import { serveProject, type Answer, type TestServer } from '../serve.ts';
import { CONTENT_TYPE, multipartBody } from './multipart-body.ts';

const DISK_BYTES = 262_144;
const FORM = multipartBody({ name: 'f', fileName: 'f.bin', content: 'x'.repeat(2 * DISK_BYTES) });

beforeEach(({ skip }) => skip(NO_SMALL_DISK !== undefined, NO_SMALL_DISK));

function upload({ get }: TestServer, at = '/'): Promise<Answer> {
  const headers = { 'Content-Type': CONTENT_TYPE, Accept: 'application/json' };
  return get(at, { method: 'POST', headers, body: FORM });
}

const REFUSED = {
  status: 503,
  headers: { 'retry-after': '5' },
  text: expect.stringContaining('There is no room for this right now.') as unknown,
};

test('an upload that the disk has no room for is a 503, told once with the folder', async () => {
  const disk = smallDisk(DISK_BYTES);
  const log = capturedLog();
  const view = async (request: HttpRequest) =>
    new HttpResponse(String((await request.form()).file('f')?.size));
  const server = await serveProject({
    urlpatterns: [path('', view)],
    settings: { FILE_UPLOAD_TEMP_DIR: disk, FILE_UPLOAD_MAX_MEMORY_SIZE: 1000 },
  });
  expect(await upload(server)).toMatchObject(REFUSED);
  expect(log.map(({ level, message }) => [level, message])).toEqual([
    ['error', `There is no room in ${disk}.`],
  ]);
  expect(JSON.stringify((await upload(server)).text)).not.toContain(disk);
  // Nothing of it is left there, and what fits is taken again.
  expect(readdirSync(disk)).toEqual([]);
  const small = multipartBody({ name: 'f', fileName: 'f', content: 'x'.repeat(2000) });
  const headers = { 'Content-Type': CONTENT_TYPE };
  expect((await server.get('/', { method: 'POST', headers, body: small })).text).toBe('2000');
});

test.for([
  ['from memory', 10 * DISK_BYTES],
  ['from another disk', 0],
] as const)('where a file is to be kept, and comes %s, it is so, too', async ([, memoryBytes]) => {
  const disk = smallDisk(DISK_BYTES);
  writeFileSync(join(disk, 'kept'), 'precious');
  const log = capturedLog();
  const server = await serveProject({
    urlpatterns: [
      path('to/', async (request: HttpRequest) => {
        await (await request.form()).file('f')?.moveTo(join(disk, 'kept'));
        return new HttpResponse();
      }),
      path('into/', async (request: HttpRequest) => {
        await (await request.form()).file('f')?.moveInto(disk);
        return new HttpResponse();
      }),
      path('own/', async (request: HttpRequest) => {
        const bytes = await (await request.form()).file('f')?.bytes();
        await writeFile(join(disk, 'own'), bytes ?? '').finally(() => rmSync(join(disk, 'own')));
        return new HttpResponse();
      }),
    ],
    settings: {
      FILE_UPLOAD_TEMP_DIR: temporaryFolder(),
      FILE_UPLOAD_MAX_MEMORY_SIZE: memoryBytes,
    },
  });
  for (const at of ['/to/', '/into/', '/own/']) {
    expect(await upload(server, at), at).toMatchObject(REFUSED);
    expect(readdirSync(disk)).toEqual(['kept']);
  }
  expect(readFileSync(join(disk, 'kept'), 'utf8')).toBe('precious');
  const told = log.map(({ message }) => message);
  expect(told.slice(0, 2)).toEqual(Array(2).fill(`There is no room in ${disk}.`));
  expect(told.slice(2)).toEqual(['There is no room on the disk.']);
});
