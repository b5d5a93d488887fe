import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../../wsgi/test/temporary-folder.ts';

/** Writes a `gateway.config.ts`, and gives its path. */
export function configFile(text: string): string {
  const file = join(temporaryFolder(), 'gateway.config.ts');
  writeFileSync(file, text);
  return file;
}
