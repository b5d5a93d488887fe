import { filesInside } from '../files/file-inside.ts';
import type { Representation } from '../files/representation.ts';
import { MANIFEST_NAME, type HashedNames } from './manifest.ts';
import { describeFile, type StaticFile } from './static-file.ts';
import { CODINGS } from './variants.ts';

const IMMUTABLE = 'max-age=315360000, public, immutable';
const SHORT = 'max-age=60, public';

/** Every file of STATIC_ROOT by its name. What comes to the disk later is not in it. */
export function staticTable(
  root: string,
  hashedNames: HashedNames,
): ReadonlyMap<string, StaticFile> {
  const paths = filesInside(root);
  paths.delete(MANIFEST_NAME);
  const files = new Map(Array.from(paths, ([name, path]) => [name, describeFile(path)]));
  const immutable = new Set(hashedNames.values());
  return new Map(
    Array.from(files, ([name, file]) => {
      const cacheControl = immutable.has(name) ? IMMUTABLE : SHORT;
      return [name, withVariants(file, variantsOf(name, files), cacheControl)];
    }),
  );
}

/** Pairs of a coding and the file in that coding. */
type Variant = readonly [coding: string, file: Representation];

function variantsOf(name: string, files: ReadonlyMap<string, Representation>): readonly Variant[] {
  return CODINGS.flatMap(({ extension, name: coding }): Variant[] => {
    const file = files.get(name + extension);
    return file === undefined ? [] : [[coding, file]];
  });
}

function withVariants(
  file: Representation,
  variants: readonly Variant[],
  cacheControl: string,
): StaticFile {
  const vary = variants.length > 0 && { Vary: 'Accept-Encoding' };
  const plain = { ...file, headers: { 'Cache-Control': cacheControl, ...vary } };
  const smallestFirst = variants.toSorted(([, one], [, other]) => one.sizeBytes - other.sizeBytes);
  return {
    plain,
    codings: smallestFirst.map(([coding]) => coding),
    // What is said of the file holds for its variants, but for the bytes themselves.
    variants: smallestFirst.map(([contentEncoding, { sizeBytes, etag, open }]) => ({
      ...plain,
      sizeBytes,
      contentEncoding,
      etag,
      open,
    })),
  };
}
