import type { Application } from '@wsgi/wsgi';

/**
 * What applications do that think themselves alone in their process: `/send` what is no message of a
 * worker's, `/print`, `/disconnect`, `/hostile` throws what throws when it is looked at, `/freeze` and then
 * never yields the loop, `/busy` for a while, `/read` without waiting for it. Any other path tells who
 * serves. With DIE_SOON each worker ends soon after it is ready.
 */
export const application: Application = (environ, startResponse) => {
  const [, what = '', argument = ''] = environ.PATH_INFO.split('/');
  switch (what) {
    case 'send':
      process.send?.(null);
      process.send?.({ kind: 'heartbeat' });
      break;
    case 'print':
      console.log('printed');
      console.error('printed');
      break;
    case 'disconnect':
      process.disconnect?.();
      break;
    case 'hostile':
      setImmediate(() => throwHostile());
      break;
    case 'freeze':
      Object.freeze(Error);
      for (;;);
    case 'busy':
      process.stdout.write('busy\n');
      for (const end = Date.now() + Number(argument); Date.now() < end;);
      break;
    case 'read':
      void environ['wsgi.input'].read();
      break;
  }
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  return [Buffer.from(String(process.pid))];
};

function throwHostile(): never {
  throw Object.defineProperty(new Error('planted'), 'look', {
    enumerable: true,
    get: () => {
      throw new Error('planted: do not look');
    },
  });
}

if (process.env['DIE_SOON'] !== undefined) setTimeout(() => process.exit(1), 50);
