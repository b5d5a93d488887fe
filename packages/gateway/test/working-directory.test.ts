import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../wsgi/test/temporary-folder.ts';
import { GatewayProcess } from './gateway-process.ts';

test.for<[where: string, toArgs: (folder: string) => string[], toCwd: (folder: string) => string]>([
  ['the working directory', () => [], (folder) => folder],
  ['what chdir says', (folder) => ['--chdir', folder], () => '/'],
])('a dotted name is looked for below %s', async ([, toArgs, toCwd]) => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'src/shop'), { recursive: true });
  writeFileSync(join(folder, 'src/shop/wsgi.ts'), 'export const application = () => [];');
  writeFileSync(join(folder, 'src/shop/gateway.config.ts'), 'export default { timeout: 17 };');
  const args = [...toArgs(folder), 'shop.wsgi'];
  const checked = new GatewayProcess(['--check-config', ...args], {}, toCwd(folder));
  expect(await checked.exited).toBe(0);
  const printed = new GatewayProcess(['--print-config', ...args], {}, toCwd(folder));
  await printed.exited;
  expect(printed.outputText).toContain('timeout = 17');
});
