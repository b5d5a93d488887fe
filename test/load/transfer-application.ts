import type { Application } from '@wsgi/wsgi';

const PIECE_BYTES = 65_536;

/** Answers a POST with how many bytes its body has, and `/BYTES` with so many, piece by piece. */
export const application: Application = async (environ, startResponse) => {
  if (environ.REQUEST_METHOD === 'GET') {
    const bytes = environ.PATH_INFO.slice(1);
    startResponse('200 OK', [['Content-Length', bytes]]);
    return pieces(Number(bytes));
  }
  let count = 0;
  for await (const piece of environ['wsgi.input']) count += piece.length;
  startResponse('200 OK', []);
  return [Buffer.from(String(count))];
};

/** Each a memory of its own, as those of a file are: what piles up can be seen. */
export function* pieces(bytes: number): Generator<Uint8Array, void> {
  for (let left = bytes; left > 0; left -= PIECE_BYTES) {
    yield Buffer.alloc(Math.min(left, PIECE_BYTES));
  }
}
