import './environment.ts';
import { runCommand } from '@wsgi/framework/commands';
import { migrateAccounts } from './accounts/create-tables.ts';
import { migrate } from './database/migrate.ts';
import { serveWebSockets } from './websockets/serve.ts';

process.env['SETTINGS_MODULE'] ??= 'myproject.settings';

process.exitCode = await runCommand(process.argv.slice(2), [
  migrate,
  migrateAccounts,
  serveWebSockets,
]);
