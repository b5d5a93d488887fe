import { hash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ImproperlyConfigured } from '../errors.ts';

/** The hashed name of each static file, by its own name. */
export type HashedNames = ReadonlyMap<string, string>;

export const MANIFEST_NAME = 'staticfiles.json';

const VERSION = '1.1';

/**
 * What collectstatic named the files of a folder, `undefined` where there is no manifest. Read once
 * in the life of a process, as pages and files have to agree.
 *
 * @throws {ImproperlyConfigured} where the manifest is not one that this version can read.
 */
export function loadHashedNames(root: string): HashedNames | undefined {
  const names = loaded.get(root) ?? readHashedNames(root);
  if (names !== undefined) loaded.set(root, names);
  return names;
}

/** The manifest as it is on the disk now. */
export function readHashedNames(root: string): HashedNames | undefined {
  const file = join(root, MANIFEST_NAME);
  if (!existsSync(file)) return undefined;
  const names = parse(readFileSync(file, 'utf8'));
  if (names) return names;
  throw new ImproperlyConfigured(
    `'${file}' is not a manifest of version ${VERSION}: run collectstatic.`,
  );
}

/** The manifest as Django's ManifestStaticFilesStorage writes it. */
export function formatManifest(names: HashedNames): string {
  const paths = Object.fromEntries([...names].toSorted(([one], [other]) => (one < other ? -1 : 1)));
  const digest = hash('md5', JSON.stringify(paths)).slice(0, 12);
  return `${JSON.stringify({ paths, version: VERSION, hash: digest }, undefined, 2)}\n`;
}

const loaded = new Map<string, HashedNames>();

function parse(text: string): HashedNames | undefined {
  try {
    const { version, paths } = JSON.parse(text) as { version: unknown; paths: object };
    const names = Object.entries(paths);
    const isKnown = version === VERSION && names.every(([, hashed]) => typeof hashed === 'string');
    return isKnown ? new Map(names) : undefined;
  } catch {
    return undefined;
  }
}
