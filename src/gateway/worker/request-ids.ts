import { randomBytes } from 'node:crypto';

/** Numbers of eight hexadecimal digits that V8 does not have to make an object of. */
export const FIRST_NUMBER = 0x1000_0000;
const LAST_NUMBER = 0x7fff_ffff;

/**
 * Makes ids for requests, of 32 hexadecimal digits as nginx's: those of a random prefix, then a count.
 * Unique like random numbers, and made in no time.
 */
export function requestIds(lastNumber: number = LAST_NUMBER): () => string {
  let prefix = randomPrefix();
  let number = FIRST_NUMBER;
  return () => {
    if (number > lastNumber) {
      prefix = randomPrefix();
      number = FIRST_NUMBER;
    }
    // V8 remembers what it writes in decimal, thousands of numbers: they would outlive their
    // requests, and make its heap grow.
    return prefix + (number++).toString(16);
  };
}

function randomPrefix(): string {
  return randomBytes(12).toString('hex');
}
