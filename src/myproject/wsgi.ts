import 'dotenv/config';
import { getWsgiApplication } from '../framework/application.ts';

process.env['SETTINGS_MODULE'] ??= 'myproject.settings';

export const application = await getWsgiApplication();
