import './environment.ts';
import { runCommand } from '@wsgi/framework/commands';
import { migrate } from './database/migrate.ts';
import { prunePhotos } from './shop/prune-photos.ts';

process.env['SETTINGS_MODULE'] ??= 'myproject.settings';

process.exitCode = await runCommand(process.argv.slice(2), [prunePhotos, migrate]);
