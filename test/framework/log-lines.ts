// A program of its own: what it logs is what a process really writes.
import { log, setUpLogging } from '../../src/framework/logging.ts';
import { configureSettings } from '../../src/framework/settings.ts';

configureSettings({ LOG_LEVEL: 'warn' });
setUpLogging();
log.info('below the level');
log.error({ request_id: 'id-1', err: new Error('a fault', { cause: 'its cause' }) }, 'failed');
