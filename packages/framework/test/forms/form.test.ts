import { expect, test } from 'vitest';
import { safeFileName } from '../../src/forms/form.ts';

test.for<[given: string, name: string]>([
  ['cat.png', 'cat.png'],
  ['Ä cat.png', 'Ä cat.png'],
  ['/etc/passwd', 'passwd'],
  ['../../cat.png', 'cat.png'],
  ['C:\\Users\\me\\cat.png', 'cat.png'],
  ['..', ''],
  ['a/..', ''],
  ['.', ''],
  ['a/', ''],
  [' .. ', ''],
  ['.htaccess', '.htaccess'],
  ['a\0b\r\n.png', 'ab.png'],
  ['cat\u202egnp.exe', 'catgnp.exe'],
  ['\ud800.png', '\ufffd.png'],
  [`${'x'.repeat(300)}.png`, `${'x'.repeat(251)}.png`],
  ['x'.repeat(300), 'x'.repeat(255)],
  [`${'x'.repeat(254)}\u{1f408}`, `${'x'.repeat(254)}\ufffd`],
])('%j is kept as %j', ([given, name]) => {
  expect(safeFileName(given)).toBe(name);
});
