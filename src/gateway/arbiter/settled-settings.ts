import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config.ts';
import type { Log } from '../log/log.ts';

/** Settings of the arbiter itself, which a reload cannot change. */
export const SETTLED_SETTINGS = [
  'bind',
  'chdir',
  'controlSocket',
  'loglevel',
  'metricsBind',
  'procName',
  'reload',
  'umask',
] as const satisfies readonly (keyof Config)[];

/** Says which of them were changed in vain. */
export function warnOfSettledSettings(settled: Config, read: Config, log: Log): void {
  const changed = SETTLED_SETTINGS.filter((name) => !isDeepStrictEqual(settled[name], read[name]));
  if (changed.length > 0)
    log.warn(`a change of ${changed.join(', ')} reaches the arbiter only by a restart`);
}
