import { expectTypeOf, test } from 'vitest';
import type { Settings } from '../../src/framework/settings.ts';

test('the compiler knows the own settings of the project, with their types', () => {
  expectTypeOf<Settings['BASE_DIR']>().toEqualTypeOf<string>();
  expectTypeOf<Settings>().not.toHaveProperty('NOWHERE');
  expectTypeOf<Settings['DEBUG']>().toEqualTypeOf<boolean>();
});
