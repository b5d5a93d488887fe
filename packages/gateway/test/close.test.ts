import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../wsgi/test/temporary-folder.ts';
import { GatewayProcess } from './gateway-process.ts';

test('a worker awaits what the application closes, behind its own hook and its last response', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'app.ts');
  writeFileSync(
    file,
    `export const application = Object.assign(() => [], {
      async close() {
        await new Promise((resolve) => setTimeout(resolve, 50));
        console.log('closed');
      },
    });`,
  );
  const config = join(folder, 'gateway.config.ts');
  writeFileSync(config, "export default { workerExit: () => console.log('workerExit') };");
  const gateway = await GatewayProcess.startOne(file, '--config', config);
  gateway.child.kill('SIGTERM');
  expect(await gateway.exited).toBe(0);
  expect(gateway.outputText.match(/^(?:workerExit|closed)$/gm)).toEqual(['workerExit', 'closed']);
});
