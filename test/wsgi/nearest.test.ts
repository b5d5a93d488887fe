import { expect, test } from 'vitest';
import { nearest } from '../../src/wsgi/nearest.ts';

test.for([
  ['chekc', 'check'],
  ['runsever', 'runserver'],
  ['collect', undefined],
  ['', undefined],
  ['zebra', undefined],
] as const)('%s stands for %s', ([name, expected]) => {
  expect(nearest(name, ['check', 'runserver', 'collectstatic'])).toBe(expected);
});
