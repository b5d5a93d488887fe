import '../environment.ts';
import { getWsgiApplication } from '@wsgi/framework';

process.env['SETTINGS_MODULE'] ??= 'myproject.settings';

export const application = await getWsgiApplication();
