import { BodyInputStream } from '../src/input-stream.ts';
import type { Environ } from '../src/types.ts';

/** The environ of `GET /` on a server of no particular kind. */
export function sampleEnviron(changes: Partial<Environ> = {}): Environ {
  return {
    REQUEST_METHOD: 'GET',
    SCRIPT_NAME: '',
    PATH_INFO: '/',
    QUERY_STRING: '',
    CONTENT_TYPE: '',
    CONTENT_LENGTH: '',
    SERVER_NAME: 'localhost',
    SERVER_PORT: '8000',
    SERVER_PROTOCOL: 'HTTP/1.1',
    'wsgi.version': [1, 0],
    'wsgi.url_scheme': 'http',
    'wsgi.input': new BodyInputStream(() => undefined),
    'wsgi.errors': { write() {}, writelines() {}, flush() {} },
    'wsgi.multithread': true,
    'wsgi.multiprocess': false,
    'wsgi.run_once': false,
    ...changes,
  };
}
