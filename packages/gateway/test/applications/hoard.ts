import { setImmediate } from 'node:timers/promises';
import type { Application } from '@wsgi/wsgi';

class Treasure {
  readonly number: number;

  constructor(number: number) {
    this.number = number;
  }
}

const treasures: Treasure[] = [];
while (treasures.length < Number(process.env['TREASURES'] ?? 1)) {
  treasures.push(new Treasure(treasures.length));
  // The watchdog is to see the loop turn meanwhile.
  if (treasures.length % 10_000 === 0) await setImmediate();
}

/** Holds as many treasures as TREASURES says, and counts them for a request of `/count`. */
export const application: Application = (environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  const isAsked = environ.PATH_INFO === '/count';
  return [Buffer.from(String(isAsked ? countTreasures() : treasures.length))];
};

function countTreasures(): number {
  return treasures.reduce((count, { number }) => count + Math.sign(Math.sqrt(number + 1)), 0);
}
