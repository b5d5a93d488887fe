import { expect, test } from 'vitest';
import { html, jsonScript, raw, type Renderable } from '../src/html.ts';

test.for<[string, Renderable, string]>([
  ['text', `<b title="it's">&</b>`, '&#60;b title=&#34;it&#39;s&#34;&#62;&#38;&#60;/b&#62;'],
  ['a number', 0, '0'],
  ['a bigint', 10n, '10'],
  ['null', null, ''],
  ['undefined', undefined, ''],
  ['false', false, ''],
  ['nested html', html`<i>${'<'}</i>`, '<i>&#60;</i>'],
  ['raw text', raw('<hr>'), '<hr>'],
  ['a list', ['<', html`<br />`, [1, null]], '&#60;<br />1'],
])('%s', ([, value, expected]) => {
  expect(html`${value}`.toString()).toBe(expected);
});

test('an object that only looks like Html is not trusted', () => {
  const forged = { toString: () => '<script>' } as unknown as Renderable;
  expect(() => html`${forged}`).toThrow();
});

test.for<[unknown, string]>([
  [Promise.resolve('later'), 'html cannot show [object Promise]: await it first.'],
  [[{ a: 1 }], 'html cannot show [object Object]: expected text, numbers and HTML.'],
])('%o is refused in words', ([value, message]) => {
  expect(() => html`${value as Renderable}`).toThrow(message);
});

test('data in a page cannot end its element, and is read as it was', () => {
  const data = { text: '</script><!-- & \u2028' };
  const page = String(jsonScript('a"b', data));
  const [, text = ''] =
    /^<script id="a&#34;b" type="application\/json">(.*)<\/script>$/s.exec(page) ?? [];
  expect(text).not.toMatch(/[<>&]/);
  expect(JSON.parse(text)).toEqual(data);
  expect(() => jsonScript('a', undefined)).toThrow('JSON has no text');
});
