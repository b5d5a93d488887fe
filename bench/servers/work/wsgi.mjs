import { getWsgiApplication } from '@wsgi/framework';

process.env.SETTINGS_MODULE = './bench/servers/work/settings.mjs';

export const application = await getWsgiApplication();
