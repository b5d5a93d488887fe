import { cgiName } from '../../wsgi/headers.ts';
import { BodyInputStream } from '../../wsgi/input-stream.ts';
import { STANDARD_ERROR } from '../../wsgi/streams.ts';
import type { Bytes, Environ } from '../../wsgi/types.ts';
import { unquote } from '../../wsgi/url.ts';

/** What a test sends beside the method and the path; at most one of the bodies. */
export interface TestRequestOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Added to what the path has after its `?`. */
  readonly query?: Readonly<Record<string, string | readonly string[]>>;
  /** Over https. */
  readonly secure?: boolean;
  /** Sent as application/x-www-form-urlencoded. */
  readonly form?: Readonly<Record<string, string | readonly string[]>> | undefined;
  /** Sent as multipart/form-data: fields and files. */
  readonly multipart?: FormData | undefined;
  readonly json?: unknown;
  /** Sent as it is, with the Content-Type that `headers` say. */
  readonly body?: string | Bytes | undefined;
  /** Changes environ itself: `{ REMOTE_ADDR: '203.0.113.7' }`. */
  readonly environ?: Partial<Environ>;
}

/** The environ that a server would make of such a request. */
export async function buildEnviron(
  method: string,
  path: string,
  options: TestRequestOptions,
): Promise<Environ> {
  const [pathInfo, ...query] = requestTarget(path).split('?');
  const { contentType, bytes } = await bodyOf(options);
  const secure = options.secure ?? false;
  const environ: Environ = {
    REQUEST_METHOD: method,
    SCRIPT_NAME: '',
    PATH_INFO: unquote(pathInfo ?? ''),
    QUERY_STRING: [query.join('?'), fields(options.query)].filter((part) => part !== '').join('&'),
    CONTENT_TYPE: contentType,
    CONTENT_LENGTH: bytes === undefined ? '' : String(bytes.length),
    SERVER_NAME: 'localhost',
    SERVER_PORT: secure ? '443' : '80',
    SERVER_PROTOCOL: 'HTTP/1.1',
    REMOTE_ADDR: '127.0.0.1',
    'wsgi.version': [1, 0],
    'wsgi.url_scheme': secure ? 'https' : 'http',
    'wsgi.input': inputOf(bytes),
    'wsgi.errors': STANDARD_ERROR,
    'wsgi.multithread': true,
    'wsgi.multiprocess': false,
    'wsgi.run_once': false,
    'wsgi.input_terminated': true,
  };
  for (const [name, value] of Object.entries(options.headers ?? {}))
    addHeader(environ, name, value);
  return Object.assign(environ, options.environ);
}

/** As a browser sends it: without its fragment, and with what is not ASCII percent-encoded. */
function requestTarget(path: string): string {
  const [target = ''] = path.split('#', 1);
  return encodeURI(target).replaceAll('%25', '%');
}

async function bodyOf(
  options: TestRequestOptions,
): Promise<{ readonly contentType: string; readonly bytes?: Bytes }> {
  const { form, json, multipart, body } = options;
  const given = [form, json, multipart, body].filter((candidate) => candidate !== undefined);
  if (given.length > 1) throw new TypeError('Give one of form, json, multipart and body.');
  if (form) {
    const contentType = 'application/x-www-form-urlencoded';
    return { contentType, bytes: Buffer.from(fields(form)) };
  }
  if (json !== undefined) {
    return { contentType: 'application/json', bytes: Buffer.from(JSON.stringify(json)) };
  }
  if (multipart) {
    const encoded = new Response(multipart);
    return { contentType: encoded.headers.get('Content-Type') ?? '', bytes: await encoded.bytes() };
  }
  return { contentType: '', ...(body !== undefined && { bytes: Buffer.from(body) }) };
}

function fields(values: TestRequestOptions['query'] = {}): string {
  const pairs = Object.entries(values).flatMap(([name, value]) =>
    (typeof value === 'string' ? [value] : value).map((item) => [name, item]),
  );
  return new URLSearchParams(pairs).toString();
}

function addHeader(environ: Environ, name: string, value: string): void {
  const key = cgiName(name.toLowerCase());
  if (key === undefined) throw new TypeError(`'${name}' is not a header's name.`);
  environ[key] = value;
}

function inputOf(bytes: Bytes | undefined): BodyInputStream {
  const pieces = bytes === undefined || bytes.length === 0 ? [] : [bytes];
  return new BodyInputStream(() => pieces.shift());
}
