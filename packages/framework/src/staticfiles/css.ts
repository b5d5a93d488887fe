import { parse, type ChildNode } from 'postcss';
import parseValue, { type Node } from 'postcss-value-parser';

/** Where a file refers to another. */
export interface Reference {
  readonly url: string;
  readonly line: number;
  /** Nothing is lost where the file is missing: a source map. */
  readonly isOptional: boolean;
}

/** Gives the URL to put in the place of a reference; the same one leaves it as it is written. */
export type Replace = (reference: Reference) => string;

/** A style sheet with the URLs of its declarations, its imports and its source map replaced. */
export function rewriteCss(css: string, file: string, replace: Replace): string {
  const sheet = parse(css, { from: file, map: false });
  // Assigned only where it differs: postcss keeps the comments inside of the others.
  sheet.walkDecls((declaration) => {
    const { value } = declaration;
    const rewritten = replaceUrls(value, urlsIn(parseValue(value).nodes), declaration, replace);
    if (rewritten !== value) declaration.value = rewritten;
  });
  sheet.walkAtRules(/^import$/i, (rule) => {
    const { nodes } = parseValue(rule.params);
    const urls = nodes[0]?.type === 'string' ? [nodes.slice(0, 1)] : urlsIn(nodes);
    const rewritten = replaceUrls(rule.params, urls, rule, replace);
    if (rewritten !== rule.params) rule.params = rewritten;
  });
  sheet.walkComments((comment) => {
    const [, before = '', url] = SOURCE_MAP.exec(comment.text) ?? [];
    if (url === undefined) return;
    comment.text = before + replace({ url, line: lineOf(comment), isOptional: true });
  });
  return sheet.toString();
}

/** Each URL as a string, or as the pieces of one without quotes. Comments and strings are not looked into. */
function urlsIn(nodes: Node[]): Node[][] {
  return nodes.flatMap((node) => {
    if (node.type !== 'function') return [];
    if (node.value.toLowerCase() !== 'url') return urlsIn(node.nodes);
    return [node.nodes[0]?.type === 'string' ? node.nodes.slice(0, 1) : node.nodes];
  });
}

function replaceUrls(
  value: string,
  urls: readonly Node[][],
  within: ChildNode,
  replace: Replace,
): string {
  let rewritten = '';
  let copied = 0;
  for (const pieces of urls) {
    const [first, last] = [pieces[0], pieces.at(-1)];
    if (!first || !last) continue;
    const [start, end] = [first.sourceIndex, last.sourceEndIndex];
    const url = unescape(first.type === 'string' ? first.value : value.slice(start, end));
    const replaced = replace({ url, line: lineOf(within), isOptional: false });
    if (replaced === url) continue;
    rewritten += value.slice(copied, start) + quoted(replaced);
    copied = end;
  }
  return rewritten + value.slice(copied);
}

function lineOf(node: ChildNode): number {
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

const SOURCE_MAP = /^([#@]\s*sourceMappingURL=)(\S+)$/;
