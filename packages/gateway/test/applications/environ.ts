import type { Application } from '@wsgi/wsgi';

/** Answers with its environ, and what it sees of its process. */
export const application: Application = (environ, startResponse) => {
  const { 'wsgi.input': _, 'wsgi.errors': __, ...rest } = environ;
  startResponse('200 OK', [['Content-Type', 'application/json']]);
  const seen = { ...rest, cwd: process.cwd(), planted: process.env['PLANTED'] };
  return [Buffer.from(JSON.stringify(seen))];
};
