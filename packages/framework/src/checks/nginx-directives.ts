import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One directive of nginx's: `keepalive_timeout 10s` within `upstream`. */
export interface Directive {
  readonly name: string;
  readonly words: readonly string[];
  /** The innermost block, or '' at the top of a file, which another one may include. */
  readonly block: string;
}

/** All directives of nginx/, in whatever files, with the values that its templates get. */
export function readNginxFolder(values: Readonly<Record<string, string>>): Directive[] {
  const files = globSync('nginx/**/*.{template,conf}', { cwd: process.cwd() }).toSorted();
  return files.flatMap((file) =>
    readDirectives(readFileSync(join(process.cwd(), file), 'utf8'), values),
  );
}

/** Splits a file as nginx does: words end at white space, a directive at `;`, or at `{` where a block begins. */
export function readDirectives(
  text: string,
  values: Readonly<Record<string, string>>,
): Directive[] {
  const found: Directive[] = [];
  const blocks: string[] = [];
  let words: string[] = [];
  for (const [token] of text.matchAll(TOKEN)) {
    if (token.startsWith('#')) continue;
    if (token === '}') {
      blocks.pop();
      words = [];
    } else if (token === ';' || token === '{') {
      const [name = '', ...rest] = words;
      if (token === '{') blocks.push(name);
      else found.push({ name, words: rest, block: blocks.at(-1) ?? '' });
      words = [];
    } else {
      const isQuoted = /^["']/.test(token);
      const word = render(isQuoted ? token.slice(1, -1) : token, values);
      if (isQuoted || word !== '') words.push(word);
    }
  }
  return found;
}

const TOKEN =
  /#[^\n]*|"(?:[^"\\]|\\[^])*"|'(?:[^'\\]|\\[^])*'|[{};]|(?:\$\{\w+\}|[^\s{};"'#])(?:\$\{\w+\}|[^\s{};])*/g;

/** What nginx's image makes at its start has no value here: a line that it lets count, or directives of its own. */
function render(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\$\{(NGINX_\w+)\}/g, (_, name: string) => values[name] ?? '');
}
