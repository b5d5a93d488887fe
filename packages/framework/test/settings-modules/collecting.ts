import { env } from '../../src/settings/env.ts';

export * from '../../../../src/myproject/settings.ts';

export const STATIC_ROOT: string = env.string('TEST_STATIC_ROOT');
