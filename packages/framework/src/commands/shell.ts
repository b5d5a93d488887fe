import repl from 'node:repl';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { settings, settingsSource } from '../settings.ts';
import { testClient } from '../testing.ts';
import { reverse } from '../urls/reverse.ts';
import { getWsgiApplication } from '../application.ts';
import { print, type Command } from './command.ts';

export const shell: Command = {
  name: 'shell',
  usage: '',
  summary: 'Opens a REPL with settings, application, client and reverse; await works there.',
  /** Nothing that is typed is kept: lines of a shell hold what nobody should find. */
  async run(args) {
    parseArgs({ args });
    const application = await getWsgiApplication();
    const client = await testClient(application);
    const names = { settings, application, client, reverse };
    print(`Node ${process.version}, settings ${settingsSource()}.`);
    print(`There are ${Object.keys(names).join(', ')}. Try: await client.get('/')`);
    const server = repl.start({ prompt: '> ' });
    Object.assign(server.context, names);
    await once(server, 'exit');
    await application.close();
    return 0;
  },
};
