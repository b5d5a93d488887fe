import './environment.ts';
import { runCommand } from '@wsgi/framework/commands';

process.env['SETTINGS_MODULE'] ??= 'myproject.settings';

process.exitCode = await runCommand(process.argv.slice(2));
