import type { Application } from '@wsgi/wsgi';

const NAMES =
  'CONTENT_LENGTH CONTENT_TYPE PATH_INFO QUERY_STRING REMOTE_ADDR REQUEST_METHOD SCRIPT_NAME SERVER_PROTOCOL';

/** The same as twin.py. */
export const application: Application = async (environ, startResponse) => {
  const fields = Object.keys(environ).filter((name) => name.startsWith('HTTP_'));
  const names = [...NAMES.split(' '), ...fields.toSorted()] as 'PATH_INFO'[];
  const told = names.map((name) => `${name}=${environ[name] ?? ''}\n`).join('');
  const body = Buffer.concat([Buffer.from(told, 'latin1'), await environ['wsgi.input'].read()]);
  startResponse('200 OK', [
    ['Content-Type', 'text/plain'],
    ['Content-Length', String(body.length)],
  ]);
  return [body];
};
