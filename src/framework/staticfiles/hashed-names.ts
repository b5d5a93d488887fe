import { isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { extname, posix } from 'node:path';
import { CommandError } from '../errors.ts';
import type { Bytes } from '../../wsgi/types.ts';
import { rewriteCss, type ParseCss, type Reference, type Replace } from './css.ts';
import { ownReference } from './references.ts';
import { rewriteScript } from './script.ts';

/** A file under the name that its content gives it. */
export interface HashedFile {
  readonly hashedName: string;
  /** Where it refers to other files by their hashed names; otherwise it is the source's. */
  readonly rewritten: Bytes | undefined;
}

/**
 * Names files by their content. A file that refers to others is named after them, so that its name
 * changes with theirs.
 *
 * @param sources the files by their names.
 * @throws {CommandError} with every reference to a file that does not exist.
 */
export function hashFiles(
  sources: ReadonlyMap<string, string>,
  staticPrefix: string,
  parseCss: ParseCss,
): ReadonlyMap<string, HashedFile> {
  const hashing: Hashing = { sources, staticPrefix, parseCss, files: new Map(), problems: [] };
  for (const name of sources.keys()) hashFile(hashing, name, []);
  if (hashing.problems.length > 0) throw new CommandError(hashing.problems.join('\n'));
  return hashing.files;
}

/** `css/app.css` becomes `css/app.HASH.css`: the first 12 hex digits of the content's MD5. */
export function hashedName(name: string, content: Bytes): string {
  const { dir, name: root, ext } = posix.parse(name);
  return posix.join(dir, `${root}.${hash('md5', content).slice(0, 12)}${ext}`);
}

interface Hashing {
  readonly sources: ReadonlyMap<string, string>;
  readonly staticPrefix: string;
  readonly parseCss: ParseCss;
  readonly files: Map<string, HashedFile>;
  readonly problems: string[];
}

/** @param referrers the files that wait for the name of this one, the nearest last. */
function hashFile(hashing: Hashing, name: string, referrers: readonly string[]): HashedFile {
  const known = hashing.files.get(name);
  if (known !== undefined) return known;
  if (referrers.includes(name)) throw circle([...referrers, name]);
  const path = hashing.sources.get(name) ?? '';
  const source = readFileSync(path);
  const rewritten = rewrite(hashing.parseCss, path, source, (reference) =>
    hashedUrl(hashing, reference, [...referrers, name]),
  );
  const file = { hashedName: hashedName(name, rewritten ?? source), rewritten };
  hashing.files.set(name, file);
  return file;
}

/** The URL with the hashed name of the file that it refers to. */
function hashedUrl(hashing: Hashing, reference: Reference, referrers: readonly string[]): string {
  const { url, line, isOptional } = reference;
  const from = referrers.at(-1) ?? '';
  const own = ownReference(url, from, hashing.staticPrefix);
  if (own === undefined) return url;
  if (hashing.sources.has(own.name)) {
    return own.withName(hashFile(hashing, own.name, referrers).hashedName);
  }
  if (!isOptional) {
    hashing.problems.push(
      `${from}, line ${line}: refers to '${url}', but there is no static file '${own.name}'.`,
    );
  }
  return url;
}

function rewrite(
  parseCss: ParseCss,
  path: string,
  source: Buffer,
  replace: Replace,
): Bytes | undefined {
  const extension = extname(path).toLowerCase();
  if (extension === '.js' || extension === '.mjs') return rewriteScript(source, replace);
  return extension === '.css' ? rewriteStyleSheet(parseCss, path, source, replace) : undefined;
}

function rewriteStyleSheet(
  parseCss: ParseCss,
  path: string,
  source: Buffer,
  replace: Replace,
): Bytes | undefined {
  if (!isUtf8(source)) throw new CommandError(`${path} is not UTF-8: save it as UTF-8.`);
  const css = source.toString();
  try {
    const rewritten = rewriteCss(parseCss, css, path, replace);
    return rewritten === css ? undefined : Buffer.from(rewritten);
  } catch (error) {
    if (!(error instanceof Error && error.name === 'CssSyntaxError')) throw error;
    throw new CommandError(error.message, { cause: error });
  }
}

function circle(names: readonly string[]): CommandError {
  return new CommandError(
    `${names.join(' refers to ')}: files in a circle cannot be named by their content.`,
  );
}
