// Apart from the tests: a technical page shows the lines around the place where an error was made.
import { BadRequest, NotFound } from '../../src/errors.ts';
import { compilePattern } from '../../src/urls/pattern.ts';

export function lineOfTheFault(): Error {
  // the line before
  return new TypeError('a fault', { cause: new RangeError('its cause', { cause: 'a string' }) });
  // the line behind
}

export const sold = () => new NotFound('This item was sold.');
export const bad = () => new BadRequest('no');
export const unreachable = (url: string) => new Error(`cannot reach ${url}`);

export function inTheFramework(): Error {
  try {
    throw new Error('not refused', { cause: compilePattern('/a') });
  } catch (error) {
    return error as Error;
  }
}
