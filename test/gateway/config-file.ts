import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../temporary-folder.ts';

/** Writes a `gateway.config.ts`, or with another ending, and gives its path. */
export function configFile(text: string, ending = 'ts'): string {
  const file = join(temporaryFolder(), `gateway.config.${ending}`);
  writeFileSync(file, text);
  return file;
}
