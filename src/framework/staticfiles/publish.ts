import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Bytes } from '../../wsgi/types.ts';
import type { HashedFile } from './hashed-names.ts';
import { CODINGS, compress } from './variants.ts';

/** Puts a file into the folder under both of its names; gives whether anything had to be written. */
export async function publishFile(
  root: string,
  name: string,
  path: string,
  { hashedName, rewritten }: HashedFile,
): Promise<boolean> {
  const content = readFileSync(path);
  if (rewritten === undefined) return publishAs(root, [name, hashedName], content);
  const isCopied = await publishAs(root, [name], content);
  return (await publishAs(root, [hashedName], rewritten)) || isCopied;
}

/** Readers find the old content or the new, never a part. */
export function publish(path: string, content: Bytes): void {
  mkdirSync(dirname(path), { recursive: true });
  const unfinished = `${path}.${process.pid}.tmp`;
  writeFileSync(unfinished, content);
  renameSync(unfinished, path);
}

async function publishAs(root: string, names: readonly string[], content: Bytes): Promise<boolean> {
  const paths = names.map((name) => join(root, name)).filter((path) => !holds(path, content));
  const [first] = paths;
  if (first === undefined) return false;
  const variants = await compress(first, content);
  for (const path of paths) {
    for (const { extension } of CODINGS) rmSync(path + extension, { force: true });
    for (const variant of variants) publish(path + variant.extension, variant.content);
    // Last, so that a file which is there has its variants.
    publish(path, content);
  }
  return true;
}

function holds(path: string, content: Bytes): boolean {
  return existsSync(path) && readFileSync(path).equals(content);
}
