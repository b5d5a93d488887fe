// A program of its own: what it logs is what a process really writes.
import { setTimeout as sleep } from 'node:timers/promises';
import { log, logBodyWithRequest, logWithRequest, setUpLogging } from '../src/logging.ts';
import { configureSettings, type Settings } from '../src/settings.ts';

log.info({ password: 'canary' }, 'before the settings');
configureSettings({ LOGGING: JSON.parse(process.argv[2] ?? '{}') as Settings['LOGGING'] });
setUpLogging();

await logWithRequest({ id: 'id-1' }, async () => {
  log.info('information');
  await sleep(1);
  const body = logBodyWithRequest({ id: 'id-2' }, pieces());
  if (Symbol.asyncIterator in body) for await (const _ of body) log.debug('a piece');
  log.error({ err: new Error('a fault', { cause: 'its cause' }) }, 'failed');
});
for (const id of ['id-3', 'id-4']) {
  logWithRequest({ id, traceParent: { traceId: 'id-4' } }, () => log.info('in a trace'));
}
class Headers {
  readonly [name: string]: string;
}
const headers = Object.assign(new Headers(), {
  authorization: 'canary',
  'Set-Cookie': 'canary',
  Cookie: 'canary',
  'X-API-Key': 'canary',
});
const keys = { SECRET_KEY: 'canary', apiKey: 'canary', access_token: 'canary' };
const failure = Object.assign(new Error('no answer'), { config: { headers } });
const ring: { token: string; ring?: object } = { token: 'canary' };
ring.ring = ring;
const trap = {
  get answer() {
    throw new Error('not now');
  },
};
log.child({ token: 'canary' }).warn(
  {
    err: failure,
    last: [failure],
    request: { headers },
    json: { toJSON: () => keys },
    user: { iban: 'canary-2' },
    since: new Date(0),
    password: 'canary',
    nothing: null,
    cause: invalidUrl('postgres://app:can/ary@db:5432'),
    url: 'http://site.example:8080/react@19',
    path: '/a\x9b31mb\x7f\x1b',
    ring,
    trap,
  },
  'secrets',
);

function invalidUrl(input: string): Error {
  return Object.assign(new TypeError(`Invalid URL ${input}`), { input });
}

async function* pieces() {
  log.info('from the stream');
  yield Buffer.from('piece');
}
