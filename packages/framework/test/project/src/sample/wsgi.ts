import { getWsgiApplication } from '@wsgi/framework';

process.env['SETTINGS_MODULE'] ??= 'sample.settings';

export const application = await getWsgiApplication();
