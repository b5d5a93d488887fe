import { setTimeout } from 'node:timers/promises';
import type { Application } from '@wsgi/wsgi';

const PIECE_BYTES = 65_536;

/**
 * `/echo/ID` answers with its method, its id and its body, `/echo/ID/MS` later; `/large/BYTES` with
 * so many bytes, piece by piece.
 */
export const application: Application = async (environ, startResponse) => {
  const [, what, id, delayMs] = environ.PATH_INFO.split('/');
  const body = Buffer.from(await environ['wsgi.input'].read()).toString('latin1');
  if (delayMs !== undefined) await setTimeout(Number(delayMs));
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  if (what === 'large') return pieces(Number(id));
  return [Buffer.from(`${environ.REQUEST_METHOD} ${id} ${body}`)];
};

/** Each a memory of its own, so that those that wait to be sent can be seen. */
function* pieces(bytes: number): Generator<Uint8Array, void> {
  for (let left = bytes; left > 0; left -= PIECE_BYTES) {
    yield Buffer.alloc(Math.min(left, PIECE_BYTES), 'x');
  }
}
