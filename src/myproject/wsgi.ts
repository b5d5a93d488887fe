import 'dotenv/config';
import { getWsgiApplication } from '../framework/wsgi.ts';

process.env['SETTINGS_MODULE'] ??= 'myproject.settings';

export const application = await getWsgiApplication();
