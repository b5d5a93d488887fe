import { expect, test } from 'vitest';
import { selectMediaType } from '../../src/http/media-types.ts';

const OFFERED = ['text/html', 'application/json'] as const;

test.for<[accept: string | undefined, type: string | undefined]>([
  [undefined, 'text/html'],
  ['*/*', 'text/html'],
  ['application/json', 'application/json'],
  ['Application/JSON', 'application/json'],
  ['application/*', 'application/json'],
  ['text/html;q=0.5, application/json;q=0.6', 'application/json'],
  ['text/html; q=0.5 , */*;q=0.1', 'text/html'],
  ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text/html'],
  ['*/*;q=0.8, text/html;q=0.1', 'application/json'],
  ['text/*;q=1, text/html;q=0', undefined],
  ['text/html;q=0, */*', 'application/json'],
  ['image/png', undefined],
  ['text/html;level=1', undefined],
  ['application/json;q=2', undefined],
  ['', undefined],
  [',,;q=1', undefined],
])('Accept: %s gets %s', ([accept, type]) => {
  expect(selectMediaType(accept, OFFERED)).toBe(type);
});

test('the case of what is offered does not count', () => {
  expect(selectMediaType('text/html', ['application/json', 'Text/HTML'])).toBe('Text/HTML');
});
