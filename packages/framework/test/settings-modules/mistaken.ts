import { join } from 'node:path';
import { env } from '../../src/settings.ts';

export const DEBUG: boolean = env.boolean('TEST_DEBUG', false);
export const ALOWED_HOSTS: string[] = [];
export const ROOT_URLCONF: string = join(import.meta.dirname, '../checks/ambiguous-urls.ts');
