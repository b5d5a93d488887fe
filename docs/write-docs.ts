import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PAGES, pageText } from './pages.ts';

for (const name of Object.keys(PAGES)) {
  writeFileSync(join(import.meta.dirname, name), await pageText(name));
}
