// A program of its own, whose child loggers are made before LOGGING is read, as at the top of modules.
import { log, setUpLogging } from '../src/logging.ts';
import { configureSettings, overrideSettings, settings, type Settings } from '../src/settings.ts';

const early = log.child({
  module: 'early',
  Password: 'canary',
  user: { password: 'canary', iban: 'canary-2' },
  err: new TypeError('no answer'),
});
const deeper = early.child({ deeper: { token: 'canary' } }, { msgPrefix: 'deeper: ' });
const loud = log.child({ module: 'loud' }, { level: 'info' });

configureSettings({ LOGGING: JSON.parse(process.argv[2] ?? '{}') as Settings['LOGGING'] });
setUpLogging();

early.info('information');
early.warn({ module: 'later' }, 'warning');
deeper.error('error');
loud.info('its own level');

const restore = overrideSettings({ LOGGING: { ...settings.LOGGING, level: 'fatal' } });
early.error('not severe enough');
early.fatal('fatal');
restore();
early.setBindings({ secret: 'canary' });
early.error(early.bindings(), 'bindings');
