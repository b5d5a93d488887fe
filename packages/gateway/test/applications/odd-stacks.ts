import type { Application } from '@wsgi/wsgi';

Error.prepareStackTrace = (_error, sites) => sites;

/** `/block` never yields the loop again, `/frozen` neither, and nobody gets a stack that is text. */
export const application: Application = (environ) => {
  if (environ.PATH_INFO === '/frozen') {
    Object.defineProperty(Error, 'prepareStackTrace', { configurable: false, writable: false });
  }
  for (;;);
};
