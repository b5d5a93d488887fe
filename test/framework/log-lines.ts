// A program of its own: what it logs is what a process really writes.
import { setTimeout as sleep } from 'node:timers/promises';
import {
  log,
  logBodyWithRequest,
  logWithRequest,
  setUpLogging,
} from '../../src/framework/logging.ts';
import { configureSettings } from '../../src/framework/settings.ts';
import type { Settings } from '../../src/framework/settings.ts';

configureSettings({ LOGGING: JSON.parse(process.argv[2] ?? '{}') as Settings['LOGGING'] });
setUpLogging();

await logWithRequest({ id: 'id-1' }, async () => {
  log.info('information');
  await sleep(1);
  const body = logBodyWithRequest({ id: 'id-2' }, pieces());
  if (Symbol.asyncIterator in body) for await (const _ of body) log.debug('a piece');
  log.error({ err: new Error('a fault', { cause: 'its cause' }) }, 'failed');
});
const headers = {
  authorization: 'canary',
  cookie: 'canary',
  'set-cookie': 'canary',
  Authorization: 'canary',
  Cookie: 'canary',
  'Set-Cookie': 'canary',
};
const keys = { SECRET_KEY: 'canary', apiKey: 'canary', access_token: 'canary' };
log.warn(
  { headers, keys, password: 'canary', user: { token: 'canary', iban: 'canary-2' } },
  'secrets',
);

async function* pieces() {
  log.info('from the stream');
  yield Buffer.from('piece');
}
