import type { Application } from '@wsgi/wsgi';

export const application: Application = (_environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  return [Buffer.from('Hello\n')];
};
export const notCallable = 'text';
