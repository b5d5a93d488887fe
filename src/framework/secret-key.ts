import { createHmac, randomBytes } from 'node:crypto';
import { log } from './logging.ts';
import { overrideSettings, settings } from './settings.ts';

/**
 * Makes a SECRET_KEY where the settings have none, so that a new project runs. Under a gateway that
 * gives its workers GATEWAY_SECRET they all make the same one; any other process has its own.
 */
export function provideSecretKey(): void {
  if ('SECRET_KEY' in settings) return;
  const shared = process.env['GATEWAY_SECRET'];
  overrideSettings({ SECRET_KEY: makeKey(shared || randomBytes(64)) });
  const [owner, others] = shared
    ? ['the workers of this gateway', 'other replicas']
    : ['this process alone', 'every other process'];
  log.warn(
    { setting: 'SECRET_KEY' },
    `SECRET_KEY is not set: one was made for ${owner}. What it signs, such as cookies, is refused after a restart and by ${others}. Set SECRET_KEY, or SECRET_KEY_FILE.`,
  );
}

function makeKey(seed: string | Buffer): string {
  return createHmac('sha512', seed).update('SECRET_KEY').digest('base64url');
}
