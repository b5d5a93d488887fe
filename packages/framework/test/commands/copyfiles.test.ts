import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { Clone } from './clone.ts';

const clone = await Clone.of();
afterAll(() => clone.remove());

test('what lies beside the sources is there once they are built, static files elsewhere', async () => {
  const settings = join(clone.folder, 'src/myproject/settings.ts');
  writeFileSync(join(clone.folder, 'src/myproject/mail.txt'), 'Dear reader');
  writeFileSync(join(clone.folder, 'src/myproject/mail.txt~'), 'Deer');
  await clone.run(`cat >> ${settings} <<'END'
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
export const MAIL = readFileSync(join(import.meta.dirname, 'mail.txt'), 'utf8');
END`);
  expect(await clone.run('npm run --silent build')).toContain(
    'Copied to dist/: myproject/mail.txt.\n',
  );
  expect(await clone.run('node dist/manage.js diffsettings')).toContain("MAIL = 'Dear reader'");
  expect(await clone.run('find dist -name "*.css"')).toBe('');
});
