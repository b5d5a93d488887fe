import { once } from 'node:events';
import { execSync } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import type { Application } from '@wsgi/wsgi';

/**
 * `/sleep/MS` answers later, `/read` once its body is here, `/busy/MS` after it kept the loop busy,
 * `/hang` never, `/block` and `/native` never yield the loop again, `/pid` tells who serves, `/throw`
 * breaks the process, `/exit/CODE` and `/grow` end it. Each path is printed as soon as its request is here.
 */
export const application: Application = async (environ, startResponse) => {
  process.stdout.write(`${environ.PATH_INFO}\n`);
  const [, what = '', argument = ''] = environ.PATH_INFO.split('/');
  if (what === 'sleep') await setTimeout(Number(argument));
  if (what === 'read') await environ['wsgi.input'].read();
  if (what === 'block') for (;;);
  if (what === 'native') execSync('sleep 60');
  if (what === 'busy') for (const end = Date.now() + Number(argument); Date.now() < end;);
  if (what === 'hang') {
    await once(environ['gateway.signal']?.() ?? new EventTarget(), 'abort');
    environ['wsgi.errors'].write('the signal aborted\n');
  }
  if (what === 'exit') process.exit(Number(argument));
  if (what === 'grow') grow();
  if (what === 'throw') setImmediate(() => raise());
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  return [Buffer.from(String(process.pid))];
};

function raise(): never {
  throw new Error('planted: nobody catches this');
}

/** Takes memory until there is none. */
function grow(): never {
  const hoard: number[][] = [];
  for (;;) hoard.push(Array.from({ length: 10_000 }, Math.random));
}
