import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SOURCE_ROOT } from '../wsgi/names.ts';

/** The version in package.json, which stands beside the source root. */
export function version(): string {
  const file = readFileSync(join(SOURCE_ROOT, '..', 'package.json'), 'utf8');
  return (JSON.parse(file) as { version: string }).version;
}
