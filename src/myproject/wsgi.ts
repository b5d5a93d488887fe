import 'dotenv/config';
import { getWsgiApplication } from '@wsgi/framework';

process.env['SETTINGS_MODULE'] ??= 'myproject.settings';

export const application = await getWsgiApplication();
