import { isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import type { Bytes } from '@wsgi/wsgi';
import { CommandError } from '../errors.ts';
import { decodePercent } from '../input.ts';
import { quotePath } from '../urls/script-prefix.ts';
import type { Reference, Replace, rewriteCss } from './css.ts';

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
export async function hashFiles(
  sources: ReadonlyMap<string, string>,
  staticPrefix: string,
): Promise<ReadonlyMap<string, HashedFile>> {
  const css = await loadRewriteCss();
  const hashing: Hashing = { sources, staticPrefix, css, files: new Map(), problems: [] };
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
  readonly css: typeof rewriteCss;
  readonly files: Map<string, HashedFile>;
  readonly problems: string[];
}

/** Loaded when it is needed: it imports development dependencies, which a server in production lacks. */
async function loadRewriteCss(): Promise<typeof rewriteCss> {
  try {
    return (await import('./css.ts')).rewriteCss;
  } catch (cause) {
    throw new CommandError(
      'collectstatic needs postcss: run it where the development dependencies are installed.',
      { cause },
    );
  }
}

/** @param referrers the files that wait for the name of this one, the nearest last. */
function hashFile(hashing: Hashing, name: string, referrers: readonly string[]): HashedFile {
  const known = hashing.files.get(name);
  if (known !== undefined) return known;
  const names = [...referrers, name];
  if (referrers.includes(name)) {
    throw new CommandError(
      `${names.join(' refers to ')}: files in a circle cannot be named by their content.`,
    );
  }
  const path = hashing.sources.get(name) ?? '';
  const source = readSource(path);
  const replace: Replace = (reference) => hashedUrl(hashing, reference, names);
  const rewritten = /\.css$/i.test(path)
    ? rewriteStyleSheet(hashing.css, path, source, replace)
    : /\.m?js$/i.test(path)
      ? rewriteScript(source, replace)
      : undefined;
  const file = { hashedName: hashedName(name, rewritten ?? source), rewritten };
  hashing.files.set(name, file);
  return file;
}

/** @throws {CommandError} naming the file, which the system's own words may leave out. */
export function readSource(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CommandError(`The static file ${path} cannot be read: ${reason}.`, { cause });
  }
}

function rewriteStyleSheet(
  css: typeof rewriteCss,
  path: string,
  source: Buffer,
  replace: Replace,
): Bytes | undefined {
  if (!isUtf8(source)) throw new CommandError(`${path} is not UTF-8: save it as UTF-8.`);
  try {
    const rewritten = Buffer.from(css(source.toString(), path, replace));
    return rewritten.equals(source) ? undefined : rewritten;
  } catch (error) {
    if (!(error instanceof Error && error.name === 'CssSyntaxError')) throw error;
    throw new CommandError(error.message, { cause: error });
  }
}

/** A script refers to its source map alone. */
function rewriteScript(script: Buffer, replace: Replace): Bytes | undefined {
  // Latin1 gives back the same bytes, whatever the script's encoding is.
  const text = script.toString('latin1');
  const start = text.lastIndexOf('\n//# sourceMappingURL=') + 1;
  const [line = '', comment = '', url = ''] = SCRIPT_SOURCE_MAP.exec(text.slice(start)) ?? [];
  const replaced = url && replace({ url, line: 1, isOptional: true });
  if (replaced === url) return undefined;
  const end = text.slice(start + line.length);
  return Buffer.from(text.slice(0, start) + comment + replaced + end, 'latin1');
}

const SCRIPT_SOURCE_MAP = /^(\/\/# sourceMappingURL=)(\S+)/;

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

/**
 * What a URL in the file `from` refers to, by its name below STATIC_URL, and the URL with another file
 * of the same folder in its place. `undefined` for what is not below STATIC_URL: other sites, data,
 * absolute paths elsewhere, and fragments of the file itself.
 */
export function ownReference(url: string, from: string, staticPrefix: string) {
  const [, path = '', queryAndFragment = ''] = PATH.exec(url) ?? [];
  if (path === '' || path.startsWith('//') || SCHEME.test(path)) return undefined;
  const name = nameOf(decodePercent(path), from, staticPrefix);
  if (name === undefined) return undefined;
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  return {
    name,
    withName: (other: string) => folder + quotePath(posix.basename(other)) + queryAndFragment,
  };
}

function nameOf(path: string, from: string, staticPrefix: string): string | undefined {
  if (path.startsWith(staticPrefix)) return posix.normalize(path.slice(staticPrefix.length));
  if (path.startsWith('/')) return undefined;
  const name = posix.join(posix.dirname(from), path);
  return name.startsWith('../') ? undefined : name;
}

// What comes before the query (also an empty one, as in ?#iefix) and the fragment.
const PATH = /^([^?#]*)([^]*)$/;

// scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ) ":" (RFC 3986 §3.1)
const SCHEME = /^[a-z][a-z0-9+.-]*:/i;
