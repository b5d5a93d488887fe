import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import type { Application, Bytes, Environ } from '@wsgi/wsgi';
import { application as project } from '../../../src/myproject/wsgi.ts';

/**
 * The sample project, and three paths more: `/environ/…` tells the variables, `/upload` what came, and
 * `/endless/ID` sends until the client goes away, which `LEFT_FILE` then tells.
 */
export const application: Application = async (environ, startResponse) => {
  const [, what, argument = ''] = environ.PATH_INFO.split('/');
  const answer = (text: string): Bytes[] => {
    startResponse('200 OK', [['Content-Type', 'text/plain']]);
    return [Buffer.from(text)];
  };
  if (what === 'environ') return answer(stringsOf(environ));
  if (what === 'upload') return answer(await digestOf(environ));
  if (what !== 'endless') return project(environ, startResponse);
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  return endless(environ, argument);
};

function stringsOf(environ: Environ): string {
  const strings = Object.entries(environ).filter(([, value]) => typeof value === 'string');
  return JSON.stringify(Object.fromEntries(strings));
}

async function digestOf(environ: Environ): Promise<string> {
  const hash = createHash('sha256');
  let length = 0;
  for await (const piece of environ['wsgi.input']) {
    hash.update(piece);
    length += piece.length;
  }
  return `${length} ${hash.digest('hex')}`;
}

/** A client that sends nothing is only seen to have gone by what it does not take. */
async function* endless(environ: Environ, id: string): AsyncGenerator<Bytes> {
  const signal = environ['gateway.signal']?.() ?? new AbortController().signal;
  try {
    for (;;) {
      yield Buffer.from('more\n');
      await Promise.race([
        once(signal, 'abort'),
        new Promise((resolve) => setTimeout(resolve, 50)),
      ]);
      if (signal.aborted) return;
    }
  } finally {
    appendFileSync(process.env['LEFT_FILE'] ?? '', `${id}\n`);
  }
}
