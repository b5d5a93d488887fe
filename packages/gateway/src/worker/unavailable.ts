import type { Application } from '@wsgi/wsgi';

const TEXT = Buffer.from('Service Unavailable: please try again soon\n');

/** What the arbiter's stand-in serves while no worker is ready. */
export const application: Application = (_environ, startResponse) => {
  startResponse('503 Service Unavailable', [
    ['Content-Type', 'text/plain'],
    ['Retry-After', '1'],
  ]);
  return [TEXT];
};
