import type { AtRule, Comment, Declaration, parse as parseCss } from 'postcss';

/** Where a file refers to another. */
export interface Reference {
  readonly url: string;
  readonly line: number;
  /** Nothing is lost where the file is missing: a source map. */
  readonly isOptional: boolean;
}

/** Gives the URL to put in the place of a reference; the same one leaves it as it is written. */
export type Replace = (reference: Reference) => string;

/** postcss's parser. It is there where style sheets are collected, and not in production. */
export type ParseCss = typeof parseCss;

/** A style sheet with the URLs of its declarations, its imports and its source map replaced. */
export function rewriteCss(parse: ParseCss, css: string, file: string, replace: Replace): string {
  const sheet = parse(css, { from: file, map: false });
  sheet.walkDecls((declaration) => rewriteDeclaration(declaration, replace));
  sheet.walkAtRules(/^import$/i, (rule) => rewriteImport(rule, replace));
  sheet.walkComments((comment) => rewriteSourceMap(comment, replace));
  return sheet.toString();
}

function rewriteDeclaration(declaration: Declaration, replace: Replace): void {
  const value = replaceUrls(declaration.value, lineOf(declaration), replace);
  // Assigned only where it differs: postcss keeps the comments inside of the others.
  if (value !== declaration.value) declaration.value = value;
}

function rewriteImport(rule: AtRule, replace: Replace): void {
  const line = lineOf(rule);
  const params = rule.params.replace(LEADING_STRING, (string, double?: string, single?: string) =>
    replaceUrl(string, double ?? single ?? '', quoted, line, replace),
  );
  const rewritten = params === rule.params ? replaceUrls(params, line, replace) : params;
  if (rewritten !== rule.params) rule.params = rewritten;
}

function rewriteSourceMap(comment: Comment, replace: Replace): void {
  const [, before = '', url] = SOURCE_MAP.exec(comment.text) ?? [];
  if (url === undefined) return;
  comment.text = before + replace({ url, line: lineOf(comment), isOptional: true });
}

function replaceUrls(value: string, line: number, replace: Replace): string {
  if (!/url\(/i.test(value)) return value;
  return value.replaceAll(
    URL_OR_OPAQUE,
    (token, double?: string, single?: string, bare?: string) => {
      const written = double ?? single ?? bare;
      if (written === undefined) return token;
      return replaceUrl(token, written, (url) => `url(${quoted(url)})`, line, replace);
    },
  );
}

function replaceUrl(
  token: string,
  written: string,
  format: (url: string) => string,
  line: number,
  replace: Replace,
): string {
  const url = unescape(written);
  const replaced = replace({ url, line, isOptional: false });
  return replaced === url ? token : format(replaced);
}

function lineOf(node: Declaration | AtRule | Comment): number {
  return node.source?.start?.line ?? 1;
}

function quoted(url: string): string {
  return `"${url.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

// escape = "\" ( newline / 1*6HEXDIG [ whitespace ] / any other character ) (CSS Syntax §4.3.7)
function unescape(text: string): string {
  return text.replaceAll(/\\(?:([0-9a-f]{1,6})\s?|\n|([^]))/gi, (_, digits?: string, other = '') =>
    digits === undefined ? String(other) : characterOf(digits),
  );
}

function characterOf(digits: string): string {
  const code = Number.parseInt(digits, 16);
  return code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
}

// string-token (CSS Syntax §4.3.5)
const DOUBLE_QUOTED = String.raw`"((?:[^"\\]|\\[^])*)"`;
const SINGLE_QUOTED = String.raw`'((?:[^'\\]|\\[^])*)'`;
const STRING = String.raw`"(?:[^"\\]|\\[^])*"|'(?:[^'\\]|\\[^])*'`;

// url-token (CSS Syntax §4.3.6)
const BARE = String.raw`((?:[^"'()\s\\]|\\[^])*)`;
const URL_TOKEN = String.raw`(?<![\w-])url\(\s*(?:${DOUBLE_QUOTED}|${SINGLE_QUOTED}|${BARE})\s*\)`;

// Comments and strings are not looked into.
const URL_OR_OPAQUE = new RegExp(String.raw`${URL_TOKEN}|\/\*[^]*?\*\/|${STRING}`, 'gi');

const LEADING_STRING = new RegExp(`^(?:${DOUBLE_QUOTED}|${SINGLE_QUOTED})`);

const SOURCE_MAP = /^([#@]\s*sourceMappingURL=)(\S+)$/;
