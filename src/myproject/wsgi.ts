import { join } from 'node:path';
import { config } from 'dotenv';
import { getWsgiApplication } from '@wsgi/framework';

config({ path: join(import.meta.dirname, '../../.env'), quiet: true });
process.env['SETTINGS_MODULE'] ||= 'myproject.settings';

export const application = await getWsgiApplication();
