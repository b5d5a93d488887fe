import type { Application } from '../../../src/wsgi/types.ts';

export const application: Application = (_environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  return [Buffer.from('Hello\n')];
};
export const notCallable = 'text';
