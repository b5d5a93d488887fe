import { print, type Command } from '../../src/commands/command.ts';
import { runCommand } from '../../src/commands.ts';

process.env['SETTINGS_MODULE'] ??= 'myproject.settings';

const greet: Command = {
  name: 'greet',
  usage: 'NAME',
  summary: 'Greets.',
  run([name]) {
    print(`Hello, ${name}.`);
    return 3;
  },
};

const check: Command = {
  name: 'check',
  usage: '',
  summary: 'Finds nothing.',
  run() {
    print('All is well.');
    return 0;
  },
};

process.exitCode = await runCommand(process.argv.slice(2), [greet, check]);
