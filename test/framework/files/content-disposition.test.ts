import { expect, test } from 'vitest';
import { contentDisposition } from '../../../src/framework/files/content-disposition.ts';

test.for<[string | undefined, string]>([
  [undefined, 'attachment'],
  ['report.pdf', 'attachment; filename="report.pdf"'],
  ['a "b" \\.txt', String.raw`attachment; filename="a \"b\" \\.txt"`],
  ['Größe.txt', `attachment; filename="Gr__e.txt"; filename*=UTF-8''Gr%C3%B6%C3%9Fe.txt`],
  ["€(1)'*.txt", `attachment; filename="_(1)'*.txt"; filename*=UTF-8''%E2%82%AC%281%29%27%2A.txt`],
  ['100%41.txt', `attachment; filename="100_41.txt"; filename*=UTF-8''100%2541.txt`],
  ['😀', `attachment; filename="_"; filename*=UTF-8''%F0%9F%98%80`],
  ['a\r\nSet-Cookie: b', 'attachment; filename="a__Set-Cookie: b"'],
  ['\ud800.txt', `attachment; filename="_.txt"; filename*=UTF-8''%EF%BF%BD.txt`],
])('%j', ([filename, header]) => {
  expect(contentDisposition('attachment', filename)).toBe(header);
});

test('what is shown in the browser may have a name too', () => {
  expect(contentDisposition('inline', 'a.pdf')).toBe('inline; filename="a.pdf"');
});
