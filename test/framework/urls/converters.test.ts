import { expect, test } from 'vitest';
import { registerConverter } from '../../../src/framework/urls/converters.ts';
import { compilePattern, matchPattern } from '../../../src/framework/urls/pattern.ts';

declare module '../../../src/framework/urls/converters.ts' {
  interface ConverterTypes {
    year: number;
    anything: string;
  }
}

test.for(['', 'g', 'y', 'gi'])(
  'a converter of the project matches each time, with the flags %j too',
  (flags) => {
    const regex = new RegExp('[0-9]{4}', flags);
    registerConverter('year', { regex, toValue: Number, toUrl: String });
    const pattern = compilePattern('<year:year>/');
    expect(matchPattern(pattern, '/2026/')).toEqual({ year: 2026 });
    expect(matchPattern(pattern, '/2026/')).toEqual({ year: 2026 });
  },
);

test.for([
  ['<anything:a>/', '//'],
  ['n<anything:a>/', '/n/'],
  ['n<anything:a>n', '/n'],
])('no converter is asked about the empty text that %s has in %s', ([pattern = '', path = '']) => {
  registerConverter('anything', { regex: /.*/, toValue: String, toUrl: String });
  expect(matchPattern(compilePattern(pattern), path)).toBeUndefined();
});
