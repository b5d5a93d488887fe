import { runCommand } from '@wsgi/framework/commands';

process.env['SETTINGS_MODULE'] ??= 'sample.settings';

process.exitCode = await runCommand(process.argv.slice(2));
