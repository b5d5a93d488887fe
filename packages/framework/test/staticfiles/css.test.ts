import { expect, test } from 'vitest';
import { rewriteCss, type Reference } from '../../src/staticfiles/css.ts';

/** Every URL that is found gets `!` at its end. */
function rewrite(css: string): string {
  return rewriteCss(css, 'app.css', ({ url }) => `${url}!`);
}

function found(css: string): Reference[] {
  const references: Reference[] = [];
  rewriteCss(css, 'app.css', (reference) => {
    references.push(reference);
    return reference.url;
  });
  return references;
}

test.for<[string, string]>([
  ['a { background: url(x.png) }', 'a { background: url("x.png!") }'],
  ['a { background: url( "x.png" ) }', 'a { background: url( "x.png!" ) }'],
  ['a { background: url( x.png ) }', 'a { background: url( "x.png!" ) }'],
  ["a { background: URL('x.png') no-repeat }", 'a { background: URL("x.png!") no-repeat }'],
  ['a { background: URL(img/x,1.png) }', 'a { background: URL("img/x,1.png!") }'],
  [
    "a { background: url('x.png' crossorigin(anonymous)) }",
    'a { background: url("x.png!" crossorigin(anonymous)) }',
  ],
  [
    'a { background: image-set(url(x.png) 1x, url(y.png) 2x) }',
    'a { background: image-set(url("x.png!") 1x, url("y.png!") 2x) }',
  ],
  ['a { src: url(a.eot), url(b.woff) }', 'a { src: url("a.eot!"), url("b.woff!") }'],
  [String.raw`a { background: url(a\ b.png) }`, 'a { background: url("a b.png!") }'],
  [String.raw`a { background: url("a\22 b.png") }`, String.raw`a { background: url("a\"b.png!") }`],
  ['a { --image: url(x.png) }', 'a { --image: url("x.png!") }'],
  [
    '@media print { a { background: url(x.png) } }',
    '@media print { a { background: url("x.png!") } }',
  ],
  ['a { & b { background: url(x.png) } }', 'a { & b { background: url("x.png!") } }'],
  ['@import "x.css" screen;', '@import "x.css!" screen;'],
  ["@import 'x.css';", '@import "x.css!";'],
  ['@IMPORT url(x.css) layer(a);', '@IMPORT url("x.css!") layer(a);'],
  ['/*# sourceMappingURL=x.css.map */', '/*# sourceMappingURL=x.css.map! */'],
  ['\ufeffa { background: url(x.png) }', '\ufeffa { background: url("x.png!") }'],
])('%s', ([css, rewritten]) => {
  expect(rewrite(css)).toBe(rewritten);
});

test.for([
  '/* url(x.png) */',
  'a { /* background: url(x.png) */ }',
  'a { background: red /* url(x.png) */ }',
  'a { --image: red /* url(x.png) */ }',
  'a { --set: {b:/* url(x.png) */} }',
  'a { content: "url(x.png)" }',
  "a { content: 'say \\'url(x.png)\\'' }",
  'a { background: my-url(x.png) }',
  'a { background: url() }',
  '@namespace url(http://www.w3.org/1999/xhtml);',
  '@document url(x.html) { a { color: red } }',
  '/* # sourceMappingURL is a comment */',
  'a[href="url(x.png)"] { color: red }',
])('%s stays', (css) => {
  expect(rewrite(css)).toBe(css);
  expect(found(css)).toEqual([]);
});

test('what is not replaced is left as it is written, odd or not', () => {
  const css =
    '\ufeffa{background:URL( x.png )}\r\n\t@import  "y.css" ;;a{*zoom:1;color:red!ie}/**/';
  expect(rewriteCss(css, 'app.css', ({ url }) => url)).toBe(css);
});

test('each reference comes with its line, and whether it matters', () => {
  expect(
    found('a {\n  color: red;\n  background: url(x.png)\n}\n/*# sourceMappingURL=m */'),
  ).toEqual([
    { url: 'x.png', line: 3, isOptional: false },
    { url: 'm', line: 5, isOptional: true },
  ]);
});

test('a long value without an end takes no long time', () => {
  const css = `a { --x: ${'url('.repeat(20_000)} }`;
  expect(() => rewrite(css)).toThrow(/Unclosed/);
  expect(rewrite(`a { --x: ${'"\\"" url('.repeat(10_000)}${')'.repeat(10_000)} }`)).toContain(
    'url(',
  );
});
