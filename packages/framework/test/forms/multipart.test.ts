import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { assert, asyncProperty, integer } from 'fast-check';
import { expect, test, vi } from 'vitest';
import { HttpError } from '../../src/errors.ts';
import type { Form } from '../../src/forms/form.ts';
import { readMultipart } from '../../src/forms/multipart.ts';
import { HttpResponse } from '../../src/response.ts';
import type { Settings } from '../../src/settings.ts';
import { path, type View } from '../../src/urls/path.ts';
import { temporaryFolder } from '../../../wsgi/test/temporary-folder.ts';
import { serveProject, withSettings } from '../serve.ts';
import { BOUNDARY, CONTENT_TYPE, multipartBody } from './multipart-body.ts';
import { limitFileSize } from './limit-file-size.ts';
import { openFilesIn } from './open-files.ts';

function read(body: Buffer, settings: Partial<Settings> = {}): Promise<Form> {
  withSettings(settings);
  return readMultipart(CONTENT_TYPE, [body]);
}

const FORM = multipartBody(
  { name: 'title', content: 'Ä title' },
  { name: 'tag', content: 'a' },
  { name: 'tag', content: 'b' },
  {
    name: 'image',
    fileName: 'Ä cat.png',
    type: 'image/png',
    content: Buffer.from([0, 255, 13, 10]),
  },
  { name: 'image', fileName: 'dog.png', type: 'image/png', content: 'dog' },
);

test('fields and files come by name, repeats in their order', async () => {
  const form = await read(FORM);
  expect(form.get('title')).toBe('Ä title');
  expect(form.getAll('tag')).toEqual(['a', 'b']);
  expect(form.has('image')).toBe(false);
  expect(form.get('missing')).toBeNull();
  expect(form.file('missing')).toBeUndefined();
  expect(form.file('image')).toMatchObject({
    name: 'Ä cat.png',
    contentType: 'image/png',
    size: 4,
  });
  expect(await form.file('image')?.bytes()).toEqual(Buffer.from([0, 255, 13, 10]));
  expect(form.files('image').map(({ name }) => name)).toEqual(['Ä cat.png', 'dog.png']);
});

test('however the body is cut, the form is the same', async () => {
  withSettings({ FILE_UPLOAD_TEMP_DIR: temporaryFolder(), FILE_UPLOAD_MAX_MEMORY_SIZE: 2 });
  await assert(
    asyncProperty(integer({ min: 1, max: 40 }), async (size) => {
      const pieces: Buffer[] = [];
      for (let at = 0; at < FORM.length; at += size) pieces.push(FORM.subarray(at, at + size));
      const form = await readMultipart(CONTENT_TYPE, pieces);
      expect([...form.fields]).toHaveLength(3);
      expect(await form.file('image')?.bytes()).toEqual(Buffer.from([0, 255, 13, 10]));
      await form.removeFiles();
    }),
    { numRuns: 40 },
  );
});

test('where no file was chosen there is none', async () => {
  const form = await read(
    multipartBody({ name: 'image', fileName: '', type: 'application/octet-stream', content: '' }),
  );
  expect(form.uploads).toEqual([]);
});

test.for<[what: string, disposition: string, name: string, fileName: string]>([
  [
    'as browsers write it',
    'form-data; name="a%22b%0D%0Ac"; filename="d%22.png"',
    'a"b\r\nc',
    'd".png',
  ],
  ['with backslashes', String.raw`form-data; name="a\b"; filename="C:\c\d"`, 'a\\b', 'd'],
  ['with a name twice', 'form-data; name=a; name=b; filename=c; filename=d', 'a', 'c'],
  ['as tokens', 'Form-Data;Name=a ; FILENAME=b.png ', 'a', 'b.png'],
  ['with others', `form-data; x="; name=y"; filename*=utf-8''z; name="a"; filename=b`, 'a', 'b'],
  ['with a percent sign', 'form-data; name="100%25"; filename="%41"', '100%25', '%41'],
])('a Content-Disposition %s is read', async ([, disposition, name, fileName]) => {
  const form = await read(partOf(`Content-Disposition: ${disposition}`));
  expect(form.uploads.map((upload) => [upload.name, upload.file.name])).toEqual([[name, fileName]]);
});

test.for<[parameter: string, fileName: string]>([
  ["filename*=utf-8''z%C3%A4.png", 'zä.png'],
  ["filename*=iso-8859-1''%E4.png", 'ä.png'],
  ['filename*=broken', 'broken'],
  ['filename="a.png";', 'a.png'],
])('a part with %s is a file', async ([parameter, fileName]) => {
  const form = await read(partOf(`Content-Disposition: form-data; name="a"; ${parameter}`));
  expect(form.file('a')?.name).toBe(fileName);
  expect(form.has('a')).toBe(false);
});

test('the mark at the start of a field is part of it', async () => {
  const form = await read(multipartBody({ name: 'a', content: '\ufeffb' }));
  expect(form.get('a')).toBe('\ufeffb');
});

const BASE64 = 'Content-Transfer-Encoding: Base64';

test.for(['name="a"; filename="b"', 'name="a"'])(
  'base64 is decoded, however it is cut: %s',
  async (parameters) => {
    const header = `Content-Disposition: form-data; ${parameters}\r\n${BASE64}`;
    const encoded = Buffer.from('häll\0 world').toString('base64');
    const body = partOf(header, `${encoded.slice(0, 6)}\r\n${encoded.slice(6)}`);
    const pieces = Array.from(body, (byte) => Buffer.from([byte]));
    withSettings({});
    const form = await readMultipart(CONTENT_TYPE, pieces);
    const file = form.file('a');
    expect(file ? String(await file.bytes()) : form.get('a')).toBe('häll\0 world');
  },
);

test.for(['a', 'aMOk=b', '*'])('base64 that is none, %s, is a bad request', async (content) => {
  const header = `Content-Disposition: form-data; name="a"\r\n${BASE64}`;
  await expect(read(partOf(header, content))).rejects.toMatchObject({ status: 400 });
});

test.for([
  ['image/png; charset=x', 'image/png'],
  ['IMAGE/PNG', 'image/png'],
  ['text/\x01x', 'text/plain'],
  ['text/\xe4', 'text/plain'],
  ['nothing', 'text/plain'],
  ['', 'text/plain'],
])('Content-Type: %j of a file is %s', async ([type = '', contentType]) => {
  const disposition = 'Content-Disposition: form-data; name="a"; filename="b"';
  const form = await read(partOf(`${disposition}\r\nContent-Type: ${type}`));
  expect(form.file('a')?.contentType).toBe(contentType);
});

test('what does not fit in memory is on the disk, until it is removed', async () => {
  const folder = temporaryFolder();
  const settings = { FILE_UPLOAD_TEMP_DIR: folder, FILE_UPLOAD_MAX_MEMORY_SIZE: 10 };
  const form = await read(
    multipartBody(
      { name: 'small', fileName: 's', content: '12345678' },
      { name: 'large', fileName: 'l', content: 'x'.repeat(100_000) },
      { name: 'late', fileName: 't', content: '123' },
    ),
    settings,
  );
  const [upload = ''] = readdirSync(folder);
  expect(readdirSync(join(folder, upload))).toHaveLength(2);
  expect(String(await form.file('small')?.bytes())).toBe('12345678');
  expect(await form.file('large')?.bytes()).toHaveLength(100_000);
  expect(form.file('large')?.size).toBe(100_000);
  await form.removeFiles();
  expect(readdirSync(folder)).toEqual([]);
});

test('of many files on the disk one is open at a time, and none afterwards', async () => {
  const folder = temporaryFolder();
  withSettings({ FILE_UPLOAD_TEMP_DIR: folder, FILE_UPLOAD_MAX_MEMORY_SIZE: 0 });
  const openCounts: number[] = [];
  function* body() {
    for (let n = 0; n < 5; n++) {
      yield multipartBody({ name: 'f', fileName: 'f', content: 'x' }).subarray(0, -16);
      openCounts.push(openFilesIn(folder).length);
    }
    yield Buffer.from(`--${BOUNDARY}--\r\n`);
  }
  const form = await readMultipart(CONTENT_TYPE, body());
  expect(form.uploads).toHaveLength(5);
  expect(openCounts).toEqual([1, 1, 1, 1, 1]);
  expect(openFilesIn(folder)).toEqual([]);
  await form.removeFiles();
});

test.for([10, 1_000_000])('a file is read as a stream, and moved (memory: %i)', async (memory) => {
  const folder = temporaryFolder();
  const form = await read(multipartBody({ name: 'f', fileName: 'f', content: 'x'.repeat(1000) }), {
    FILE_UPLOAD_TEMP_DIR: folder,
    FILE_UPLOAD_MAX_MEMORY_SIZE: memory,
  });
  const file = form.file('f');
  const pieces: Buffer[] = [];
  for await (const piece of file?.stream() ?? []) pieces.push(Buffer.from(piece));
  expect(Buffer.concat(pieces)).toHaveLength(1000);
  await file?.moveTo(join(folder, 'kept'));
  await form.removeFiles();
  expect(readdirSync(folder)).toEqual(['kept']);
  expect(readFileSync(join(folder, 'kept'), 'utf8')).toHaveLength(1000);
  expect(await file?.bytes()).toHaveLength(1000);
});

/** A body of one part with this header, as a string of bytes. */
function partOf(header: string, content: string = 'x'): Buffer {
  const body = `--${BOUNDARY}\r\n${header}\r\n\r\n${content}\r\n--${BOUNDARY}--\r\n`;
  return Buffer.from(body, 'latin1');
}

const TEN_FIELDS = Array.from({ length: 10 }, () => ({ name: 'a', content: 'b' }));
const TEN_FILES = TEN_FIELDS.map((part) => ({ ...part, fileName: 'f' }));
const NOT_UTF8 = Buffer.from([0xff, 0xfe]);
const LARGE = { name: 'a', content: 'x'.repeat(1000) };

test('a file is moved to another file system, too', async () => {
  const settings = { FILE_UPLOAD_TEMP_DIR: temporaryFolder(), FILE_UPLOAD_MAX_MEMORY_SIZE: 0 };
  const kept = join(temporaryFolder('/dev/shm'), 'kept');
  const form = await read(multipartBody({ name: 'f', fileName: 'f', content: 'abc' }), settings);
  await form.file('f')?.moveTo(kept);
  await form.removeFiles();
  expect(readFileSync(kept, 'utf8')).toBe('abc');
});

test("a file that is moved into a folder takes nobody's place there", async () => {
  const folder = temporaryFolder();
  const part = { name: 'f', fileName: 'cat.png' };
  const hidden = { name: 'f', fileName: '.htaccess' };
  const form = await read(
    multipartBody(
      { ...part, content: '1' },
      { ...part, content: '2' },
      { ...hidden, content: '3' },
    ),
  );
  const paths = [];
  for (const file of form.files('f')) paths.push(await file.moveInto(folder));
  expect(paths.map((kept) => relative(folder, kept))).toEqual([
    'cat.png',
    expect.stringMatching(/^cat_[0-9a-f]{8}\.png$/),
    'htaccess',
  ]);
  expect(paths.map((kept) => readFileSync(kept, 'utf8'))).toEqual(['1', '2', '3']);
});

test('a move that fails, as for want of room, leaves what it would replace', async () => {
  const content = 'x'.repeat(9000);
  const body = multipartBody({ name: 'f', fileName: 'f', content });
  for (const memoryBytes of [0, 100_000]) {
    const folder = temporaryFolder('/dev/shm');
    const kept = join(folder, 'kept');
    writeFileSync(kept, 'precious');
    const form = await read(body, {
      FILE_UPLOAD_TEMP_DIR: temporaryFolder(),
      FILE_UPLOAD_MAX_MEMORY_SIZE: memoryBytes,
    });
    limitFileSize('4096');
    await expect(form.file('f')?.moveTo(kept)).rejects.toMatchObject({ code: 'EFBIG' });
    limitFileSize('unlimited');
    expect(readdirSync(folder)).toEqual(['kept']);
    expect(readFileSync(kept, 'utf8')).toBe('precious');
    await form.file('f')?.moveTo(kept);
    expect(readFileSync(kept, 'utf8')).toBe(content);
    await form.removeFiles();
  }
});

test.for<[what: string, body: Buffer, Partial<Settings>, status: number]>([
  ['nothing at all', Buffer.alloc(0), {}, 400],
  ['no boundary', Buffer.from('something else'), {}, 400],
  ['no end', FORM.subarray(0, -10), {}, 400],
  ['half a field', FORM.subarray(0, 80), {}, 400],
  ['half a header', FORM.subarray(0, 30), {}, 400],
  ['half a file', FORM.subarray(0, -70), {}, 400],
  ['ten fields of nine', multipartBody(...TEN_FIELDS), { DATA_UPLOAD_MAX_NUMBER_FIELDS: 9 }, 400],
  ['ten files of nine', multipartBody(...TEN_FILES), { DATA_UPLOAD_MAX_NUMBER_FILES: 9 }, 400],
  ['a field larger than that', multipartBody(LARGE), { DATA_UPLOAD_MAX_MEMORY_SIZE: 1000 }, 413],
  [
    'two fields larger together',
    multipartBody(LARGE, LARGE),
    { DATA_UPLOAD_MAX_MEMORY_SIZE: 2000 },
    413,
  ],
  [
    'a field without a name, larger than that',
    multipartBody({ ...LARGE, name: '' }),
    { DATA_UPLOAD_MAX_MEMORY_SIZE: 999 },
    413,
  ],
  [
    'parts that are neither field nor file',
    Buffer.from(`${`--${BOUNDARY}\r\nX: y\r\n\r\nz\r\n`.repeat(5)}--${BOUNDARY}--\r\n`),
    { DATA_UPLOAD_MAX_NUMBER_FIELDS: 2, DATA_UPLOAD_MAX_NUMBER_FILES: 2 },
    400,
  ],
  [
    'a part with a header of 200 KB before its name',
    partOf(`X: ${'x'.repeat(200_000)}\r\nContent-Disposition: form-data; name=a`),
    {},
    400,
  ],
  ['a name of 200 KB', multipartBody({ ...LARGE, name: 'x'.repeat(200_000) }), {}, 400],
  ['a field without a name', multipartBody({ content: 'x' }), {}, 400],
  ['a file without a name', multipartBody({ fileName: 'a', content: 'x' }), {}, 400],
  ['a part of another kind', partOf('Content-Disposition: attachment; name="a"'), {}, 400],
  ['a name without its end', partOf('Content-Disposition: form-data; name="a'), {}, 400],
  ['a header line that is none', partOf('x\r\nContent-Disposition: form-data; name=a'), {}, 400],
  [
    'a part that ends in its header',
    Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; name=a\r\n--${BOUNDARY}--\r\n`),
    {},
    400,
  ],
  [
    'two parts of which the first ends in its header',
    Buffer.concat([Buffer.from(`--${BOUNDARY}\r\nX: y\r\n`), FORM]),
    {},
    400,
  ],
  ['a field that is not UTF-8', multipartBody({ name: 'a', content: NOT_UTF8 }), {}, 400],
  ['a name that is not UTF-8', partOf('Content-Disposition: form-data; name="\xff"'), {}, 400],
  [
    'a file name that is not UTF-8',
    partOf('Content-Disposition: form-data; name=a; filename="\xff"'),
    {},
    400,
  ],
  [
    'half a file without a name',
    multipartBody({ name: 'f', fileName: '', content: LARGE.content }).subarray(0, -500),
    {},
    400,
  ],
  ['a field __proto__', multipartBody({ name: '__proto__', content: 'x' }), {}, 400],
  ['a file __proto__', multipartBody({ ...LARGE, name: '__proto__', fileName: 'f' }), {}, 400],
])('%s', async ([, body, settings, status]) => {
  const folder = temporaryFolder();
  const memory = { FILE_UPLOAD_TEMP_DIR: folder, FILE_UPLOAD_MAX_MEMORY_SIZE: 0 };
  const outcome = await read(body, { ...memory, ...settings }).catch((error: unknown) => error);
  expect(outcome).toBeInstanceOf(HttpError);
  expect(outcome).toMatchObject({ status });
  expect(readdirSync(folder)).toEqual([]);
});

test.for<[what: string, body: Buffer, Partial<Settings>]>([
  ['ten fields of ten', multipartBody(...TEN_FIELDS), { DATA_UPLOAD_MAX_NUMBER_FIELDS: 10 }],
  ['ten files of ten', multipartBody(...TEN_FILES), { DATA_UPLOAD_MAX_NUMBER_FILES: 10 }],
  ['a field of 1001 bytes', multipartBody(LARGE), { DATA_UPLOAD_MAX_MEMORY_SIZE: 1001 }],
  [
    'a file larger than fields may be',
    multipartBody({ ...LARGE, fileName: 'f' }),
    { DATA_UPLOAD_MAX_MEMORY_SIZE: 100 },
  ],
])('%s is within the limit', async ([, body, settings]) => {
  const form = await read(body, settings);
  expect(form.fields.size + form.uploads.length).toBeGreaterThan(0);
});

test('a file may be of any bytes', async () => {
  const form = await read(multipartBody({ name: 'a', fileName: 'f', content: NOT_UTF8 }));
  expect(await form.file('a')?.bytes()).toEqual(NOT_UTF8);
});

test('what has no name of a file is a field, whatever its type', async () => {
  const form = await read(
    multipartBody({ name: 'a', type: 'application/octet-stream', content: 'text' }),
  );
  expect(form.get('a')).toBe('text');
});

test.for([
  ['without a boundary', 'multipart/form-data'],
  ['with a boundary of 300 characters', `multipart/form-data; boundary=${'b'.repeat(300)}`],
  ['with a stray octet', 'multipart/form-data\xa0; boundary=b'],
])('a type %s is a bad request', async ([, contentType = '']) => {
  withSettings({});
  const failure = await readMultipart(contentType, []).catch((error: unknown) => error);
  expect(failure).toMatchObject({ status: 400, message: expect.stringContaining('well-formed') });
});

test('an error of the body comes through as it is, and nothing stays on the disk', async () => {
  const folder = temporaryFolder();
  withSettings({ FILE_UPLOAD_TEMP_DIR: folder, FILE_UPLOAD_MAX_MEMORY_SIZE: 0 });
  const gone = new DOMException('the client went away', 'AbortError');
  async function* body() {
    yield FORM.subarray(0, -18);
    throw gone;
  }
  await expect(readMultipart(CONTENT_TYPE, body())).rejects.toBe(gone);
  expect(readdirSync(folder)).toEqual([]);
});

test('a folder that is not there is an error, and not the client’s', async () => {
  const settings = { FILE_UPLOAD_TEMP_DIR: '/nowhere', FILE_UPLOAD_MAX_MEMORY_SIZE: 0 };
  await expect(read(FORM, settings)).rejects.toThrow('ENOENT');
});

function post(view: View, folder: string) {
  return serveProject({
    urlpatterns: [path('', view)],
    settings: { FILE_UPLOAD_TEMP_DIR: folder, FILE_UPLOAD_MAX_MEMORY_SIZE: 0 },
  }).then(({ get }) =>
    get('/', { method: 'POST', body: FORM, headers: { 'Content-Type': CONTENT_TYPE } }),
  );
}

test.for<[what: string, view: (folder: string) => View]>([
  [
    'a response',
    (folder) => async (request) => {
      await request.form();
      return new HttpResponse(String(readdirSync(folder).length));
    },
  ],
  [
    'a stream that reads them late',
    (folder) => (request) =>
      new HttpResponse(
        (async function* () {
          await request.form();
          yield String(readdirSync(folder).length);
        })(),
      ),
  ],
])('files are there until %s is complete, and then removed', async ([, view]) => {
  const folder = temporaryFolder();
  const answer = await post(view(folder), folder);
  expect(answer.text).toBe('1');
  await vi.waitFor(() => expect(readdirSync(folder)).toEqual([]));
});

test('the boundary may be quoted, and other parts of the type written in any case', async () => {
  withSettings({});
  const form = await readMultipart(`Multipart/Form-Data; Boundary="${BOUNDARY}"`, [FORM]);
  expect(form.get('title')).toBe('Ä title');
});
