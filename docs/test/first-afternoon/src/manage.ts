import { join } from 'node:path';
import { config } from 'dotenv';
import { runCommand } from '@wsgi/framework/commands';
import { prunePhotos } from './shop/prune-photos.ts';

config({ path: join(import.meta.dirname, '../.env'), quiet: true });
process.env['SETTINGS_MODULE'] ||= 'myproject.settings';

process.exitCode = await runCommand(process.argv.slice(2), [prunePhotos]);
