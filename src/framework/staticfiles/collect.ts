import { rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve, sep } from 'node:path';
import { CommandError } from '../commands/command.ts';
import { ImproperlyConfigured } from '../errors.ts';
import { filesInside } from '../files/file-inside.ts';
import { settings } from '../settings.ts';
import type { ParseCss } from './css.ts';
import { allStatic } from './finders.ts';
import { hashFiles } from './hashed-names.ts';
import { formatManifest, MANIFEST_NAME, readHashedNames } from './manifest.ts';
import { publish, publishFile } from './publish.ts';
import { staticPrefix } from './static-url.ts';
import { CODINGS } from './variants.ts';

export interface Collected {
  readonly copied: number;
  /** Files that were there already. */
  readonly unmodified: number;
  /** Files with a hashed name. */
  readonly postProcessed: number;
}

/** Told of each file that is done. */
export type Progress = (done: number, total: number) => void;

/**
 * Fills STATIC_ROOT: every static file under its own name and under its hashed one, each with its
 * compressed variants, and the manifest last. What is there already is not written again. Files that
 * belong to none go, except those of the manifest before, which running workers still ask for.
 *
 * @throws {ImproperlyConfigured} where STATIC_ROOT is not set, or is no folder of its own.
 * @throws {CommandError} where a style sheet is broken, or refers to a file that does not exist.
 */
export async function collectStatic(onProgress: Progress = () => {}): Promise<Collected> {
  const root = staticRoot();
  const sources = withoutVariants(allStatic());
  const files = hashFiles(sources, staticPrefix(), await loadParseCss());
  const hashedBefore = hashedNamesIn(root);

  let copied = 0;
  let done = 0;
  await forEachAtOnce(files, async ([name, file]) => {
    if (await publishFile(root, name, sources.get(name) ?? '', file)) copied++;
    onProgress(++done, files.size);
  });
  const names = new Map(Array.from(files, ([name, { hashedName }]) => [name, hashedName]));
  publish(join(root, MANIFEST_NAME), Buffer.from(formatManifest(names)));
  removeOthers(root, new Set([MANIFEST_NAME, ...names.keys(), ...names.values(), ...hashedBefore]));
  return { copied, unmodified: files.size - copied, postProcessed: files.size };
}

/** Whether one of two folders is, or is inside, the other. */
export function overlaps(one: string, other: string): boolean {
  const [a, b] = [resolve(one) + sep, resolve(other) + sep];
  return a.startsWith(b) || b.startsWith(a);
}

function staticRoot(): string {
  const { STATIC_ROOT, STATICFILES_DIRS } = settings;
  if (STATIC_ROOT === null) {
    throw new ImproperlyConfigured('STATIC_ROOT is not set: set it to the folder to fill.');
  }
  const folder = STATICFILES_DIRS.find((other) => overlaps(STATIC_ROOT, other));
  if (folder === undefined) return STATIC_ROOT;
  throw new ImproperlyConfigured(
    `STATIC_ROOT is '${STATIC_ROOT}', and STATICFILES_DIRS has '${folder}': expected a folder of its own.`,
  );
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

/** Imported here alone: postcss is a development dependency, and what serves has none of these. */
async function loadParseCss(): Promise<ParseCss> {
  try {
    return (await import('postcss')).parse;
  } catch (cause) {
    throw new CommandError(
      'collectstatic needs postcss: run it where the development dependencies are installed.',
      { cause },
    );
  }
}

function hashedNamesIn(root: string): Iterable<string> {
  try {
    return readHashedNames(root)?.values() ?? [];
  } catch {
    return [];
  }
}

function removeOthers(root: string, names: ReadonlySet<string>): void {
  for (const name of filesInside(root).keys()) {
    if (!names.has(name) && !isVariantOf(name, names)) rmSync(join(root, name));
  }
}

/** As many at once as there are processors: compressing is what takes the time. */
async function forEachAtOnce<T>(items: Iterable<T>, act: (item: T) => Promise<void>) {
  const queue = Iterator.from(items);
  const workers = Array.from({ length: availableParallelism() }, async () => {
    for (const item of queue) await act(item);
  });
  await Promise.all(workers);
}
