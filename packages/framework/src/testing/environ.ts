import {
  buildEnviron,
  fieldFacts,
  splitTarget,
  STANDARD_ERROR,
  type FieldFacts,
  type ServerFacts,
} from '@wsgi/wsgi/environ';
import { BodyInputStream } from '@wsgi/wsgi/input-stream';
import type { Bytes, Environ } from '@wsgi/wsgi';

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
export async function testEnviron(
  method: string,
  path: string,
  options: TestRequestOptions,
): Promise<Environ> {
  const target = requestTarget(path, fields(options.query));
  const { contentType, bytes } = await bodyOf(options);
  const head = { method, target, ...splitTarget(target), protocol: 'HTTP/1.1' } as const;
  const scheme = options.secure ? 'https' : 'http';
  const environ = buildEnviron(
    { ...head, fields: fieldsOf(options.headers) },
    SERVER,
    { ...CONNECTION, scheme, serverPort: options.secure ? '443' : '80' },
    { input: inputOf(bytes), errors: STANDARD_ERROR, signal: new AbortController().signal },
  );
  environ.CONTENT_TYPE ||= contentType;
  environ.CONTENT_LENGTH ||= bytes === undefined ? '' : String(bytes.length);
  return Object.assign(environ, options.environ);
}

const SERVER: ServerFacts = { software: 'test', scriptName: '', isMultiprocess: false };
const CONNECTION = { serverName: 'localhost', remoteAddress: '127.0.0.1', remotePort: '' };

/** As a browser sends it: without its fragment, and with what is not ASCII percent-encoded. */
function requestTarget(path: string, query: string): string {
  const [target = ''] = path.split('#', 1);
  const [rawPath = '', ...queries] = encodeURI(target).replaceAll('%25', '%').split('?');
  const all = [queries.join('?'), query].filter((part) => part !== '').join('&');
  return all === '' ? rawPath : `${rawPath}?${all}`;
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

function fieldsOf(headers: TestRequestOptions['headers'] = {}): FieldFacts[] {
  return Object.entries(headers).map(([name, value]) => {
    const field = fieldFacts(name, value);
    if (field.key === undefined) throw new TypeError(`'${name}' is not a header's name.`);
    return field;
  });
}

function inputOf(bytes: Bytes | undefined): BodyInputStream {
  const pieces = bytes === undefined || bytes.length === 0 ? [] : [bytes];
  return new BodyInputStream(() => pieces.shift());
}
