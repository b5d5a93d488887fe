import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve, sep } from 'node:path';
import type { Bytes } from '@wsgi/wsgi';
import { ImproperlyConfigured } from '../errors.ts';
import { filesInside } from '../files/file-inside.ts';
import { removeUnfinished, replaceFile } from '../files/replace-file.ts';
import { settings } from '../settings.ts';
import { hashedName, hashFiles, readSource, type HashedFile } from './hashed-names.ts';
import { formatManifest, MANIFEST_NAME, readHashedNames, type HashedNames } from './manifest.ts';
import { isLeftover, staticPrefix, staticRoot } from './static-url.ts';
import { CODINGS, compress } from './variants.ts';

export interface Collected {
  readonly copied: number;
  /** Files that were there already. */
  readonly unmodified: number;
  /** Files with a hashed name. */
  readonly postProcessed: number;
  /** Stale files, variants too. */
  readonly removed: number;
}

/** Told of each file that is done. */
export type Progress = (done: number, total: number) => void;

/**
 * Fills STATIC_ROOT: every static file under its own name and under its hashed one, each with its
 * compressed variants, and the manifest last. What is there already is not written again. What was
 * collected before and is stale goes, except the hashed names of the manifest before, which running
 * workers still ask for. Any other file stays.
 *
 * @throws {ImproperlyConfigured} where STATIC_ROOT is not set, or is no folder of its own.
 * @throws {CommandError} where a style sheet is broken, or refers to a file that does not exist.
 */
export async function collectStatic(onProgress: Progress = () => {}): Promise<Collected> {
  const root = rootOfItsOwn();
  await removeUnfinished(root);
  const sources = withoutVariants(allStatic());
  const files = await hashFiles(sources, staticPrefix());
  const before = namesBefore(root);

  let copied = 0;
  let done = 0;
  const queue = files.entries();
  const publishRest = async () => {
    for (const [name, file] of queue) {
      if (await publishFile(root, name, sources.get(name) ?? '', file)) copied++;
      onProgress(++done, files.size);
    }
  };
  // As many at once as there are processors: compressing is what takes the time.
  await Promise.all(Array.from({ length: availableParallelism() }, publishRest));
  const names = new Map(Array.from(files, ([name, file]) => [name, file.hashedName]));
  await publish(join(root, MANIFEST_NAME), Buffer.from(formatManifest(names)));
  const current = [MANIFEST_NAME, ...names.keys(), ...names.values()];
  const stale = staleFiles(root, before, new Set([...current, ...before.values()]));
  for (const name of stale) rmSync(join(root, name));
  return {
    copied,
    unmodified: files.size - copied,
    postProcessed: files.size,
    removed: stale.length,
  };
}

/** Whether one of two folders is, or is inside, the other. */
export function overlaps(one: string, other: string): boolean {
  // join() keeps '/' as it is.
  const [a, b] = [join(resolve(one), sep), join(resolve(other), sep)];
  return a.startsWith(b) || b.startsWith(a);
}

function rootOfItsOwn(): string {
  const root = staticRoot();
  const folder = settings.STATICFILES_DIRS.find((other) => overlaps(root, other));
  if (folder === undefined) return root;
  throw new ImproperlyConfigured(
    `STATIC_ROOT is '${root}', and STATICFILES_DIRS has '${folder}': expected a folder of its own.`,
  );
}

/** Every file of STATICFILES_DIRS by its name, `css/app.css`; the first folder wins. */
function allStatic(): Map<string, string> {
  const files = settings.STATICFILES_DIRS.toReversed().flatMap((dir) => [...filesInside(dir)]);
  return new Map(files.filter(([name]) => !isLeftover(name)));
}

/** A project's own `app.css.gz` gives way to the one that is made of `app.css`. */
function withoutVariants(sources: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...sources].filter(([name]) => !isVariantOf(name, sources)));
}

function isVariantOf(name: string, names: { has(name: string): boolean }): boolean {
  return CODINGS.some(
    ({ extension }) => name.endsWith(extension) && names.has(name.slice(0, -extension.length)),
  );
}

/** Puts a file into the folder under both of its names; gives whether anything had to be written. */
async function publishFile(root: string, name: string, source: string, file: HashedFile) {
  const content = readSource(source);
  if (file.rewritten === undefined) return publishAs(root, [name, file.hashedName], content);
  const isCopied = await publishAs(root, [name], content);
  return (await publishAs(root, [file.hashedName], file.rewritten)) || isCopied;
}

async function publish(path: string, content: Bytes): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  await replaceFile(path, (unfinished) => writeFile(unfinished, content));
}

async function publishAs(root: string, names: readonly string[], content: Bytes): Promise<boolean> {
  const paths = names.map((name) => join(root, name)).filter((path) => !holds(path, content));
  const [first] = paths;
  if (first === undefined) return false;
  const variants = await compress(first, content);
  for (const path of paths) {
    for (const { extension } of CODINGS) rmSync(path + extension, { force: true });
    for (const [extension, variant] of variants) await publish(path + extension, variant);
    // Last, so that a file which is there has its variants.
    await publish(path, content);
  }
  return true;
}

function holds(path: string, content: Bytes): boolean {
  return existsSync(path) && readFileSync(path).equals(content);
}

/** What was collected, as far as a manifest tells. */
export function namesBefore(root: string): HashedNames {
  try {
    return readHashedNames(root) ?? new Map();
  } catch {
    return new Map();
  }
}

/** What was collected and is not to be kept; none where no manifest says that the folder is ours. */
function staleFiles(root: string, before: HashedNames, kept: ReadonlySet<string>): string[] {
  if (before.size === 0) return [];
  const names = [...filesInside(root).keys()];
  const hashed = names.filter((name) => !kept.has(name) && isNamedByContent(root, name));
  const collected = new Set([...before.keys(), ...hashed]);
  return names.filter((name) => belongsTo(name, collected) && !belongsTo(name, kept));
}

function belongsTo(name: string, names: ReadonlySet<string>): boolean {
  return names.has(name) || isVariantOf(name, names);
}

/** The manifest forgets a hashed name after one run. A file that others made has no such name. */
function isNamedByContent(root: string, name: string): boolean {
  const plain = name.replace(/\.[0-9a-f]{12}(?=(?:\.[^./]*)?$)/, '');
  return plain !== name && hashedName(plain, readFileSync(join(root, name))) === name;
}
