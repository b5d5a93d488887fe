import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, expect, test } from 'vitest';
import { runCgi, type CgiVariables } from '../../src/adapters/cgi.ts';
import type { Application, Environ, HeaderList } from '../../src/types.ts';
import { validator } from '../../src/validator.ts';

const PLAIN: HeaderList = [['Content-Type', 'text/plain']];

/** What RFC 3875 §4.1 has a server tell of `POST /cgi-bin/app/a%2Fb?c=%20`. */
const VARIABLES: CgiVariables = {
  AUTH_TYPE: 'Basic',
  CONTENT_LENGTH: '4',
  CONTENT_TYPE: 'text/plain',
  GATEWAY_INTERFACE: 'CGI/1.1',
  HTTP_CONTENT_LENGTH: '4',
  HTTP_HOST: 'shop.test',
  HTTP_X_NAME: 'caf\xe9',
  PATH: '/bin',
  PATH_INFO: '/a/caf\xe9',
  QUERY_STRING: 'c=%20',
  REMOTE_ADDR: '192.0.2.7',
  REMOTE_USER: 'ann',
  REQUEST_METHOD: 'POST',
  SCRIPT_NAME: '/cgi-bin/app',
  SERVER_NAME: 'shop.test',
  SERVER_PORT: '8080',
  SERVER_PROTOCOL: 'HTTP/1.1',
  SERVER_SOFTWARE: 'server/1',
};

interface Answer {
  readonly sent: string;
  readonly isComplete: boolean;
  readonly faults: readonly unknown[];
}

async function answer(
  application: Application,
  variables: CgiVariables = VARIABLES,
  input: readonly string[] = ['bo', 'dy', 'more'],
): Promise<Answer> {
  const faults: unknown[] = [];
  const output = new PassThrough();
  const streams = { input: Readable.from(input.map((piece) => Buffer.from(piece))), output };
  const isComplete = await runCgi(validator(application), variables, streams, {
    onError: (fault) => faults.push(fault),
  });
  return { sent: await text(output.end()), isComplete, faults };
}

async function environFor(variables: CgiVariables, input?: string[]): Promise<[Environ, string]> {
  const seen = Promise.withResolvers<[Environ, string]>();
  await answer(
    async (environ, startResponse) => {
      const body = await environ['wsgi.input'].read();
      seen.resolve([environ, Buffer.from(body).toString()]);
      startResponse('200 OK', PLAIN);
      return [];
    },
    variables,
    input,
  );
  return seen.promise;
}

test("the server's variables become environ, and its input ends at the length", async () => {
  const [environ, body] = await environFor(VARIABLES);
  expect(body).toBe('body');
  const { PATH: _path, HTTP_CONTENT_LENGTH: _length, ...told } = VARIABLES;
  expect(environ).toMatchObject({
    ...told,
    'wsgi.url_scheme': 'http',
    'wsgi.multithread': false,
    'wsgi.multiprocess': true,
    'wsgi.run_once': true,
  });
  expect(environ).not.toHaveProperty('PATH');
  expect(environ).not.toHaveProperty('HTTP_CONTENT_LENGTH');
});

test.for<[changes: Partial<CgiVariables>, expected: Partial<Environ>]>([
  [{ HTTPS: 'on' }, { 'wsgi.url_scheme': 'https' }],
  [
    { SCRIPT_NAME: '', PATH_INFO: '/' },
    { SCRIPT_NAME: '', PATH_INFO: '/' },
  ],
  [
    { SCRIPT_NAME: '/a', PATH_INFO: '/a/b' },
    { SCRIPT_NAME: '/a', PATH_INFO: '/a/b' },
  ],
  [
    { SCRIPT_NAME: '/a', PATH_INFO: '' },
    { SCRIPT_NAME: '/a', PATH_INFO: '' },
  ],
  [
    { SCRIPT_NAME: '/', PATH_INFO: '/b' },
    { SCRIPT_NAME: '', PATH_INFO: '/b' },
  ],
  [{}, { RAW_URI: '/cgi-bin/app/a/caf%E9?c=%20' }],
  [{ REQUEST_URI: '/app/a%2Fcaf%E9?c=%20' }, { RAW_URI: '/app/a%2Fcaf%E9?c=%20' }],
])('with %j, environ has %j', async ([changes, expected]) => {
  const [environ] = await environFor({ ...VARIABLES, ...changes } as CgiVariables);
  expect(environ).toMatchObject(expected);
});

test.for<[changes: Partial<CgiVariables>, body: string]>([
  [{ CONTENT_LENGTH: '' }, ''],
  [{ CONTENT_LENGTH: '0' }, ''],
  [{ CONTENT_LENGTH: '', HTTP_TRANSFER_ENCODING: 'chunked' }, 'bodymore'],
])('with %j, the body is %j', async ([changes, body]) => {
  const [, read] = await environFor({ ...VARIABLES, ...changes } as CgiVariables);
  expect(read).toBe(body);
});

test('a response has its status and its length', async () => {
  const { sent, isComplete } = await answer((_environ, startResponse) => {
    startResponse('299 Caf\xe9', [...PLAIN, ['Set-Cookie', 'a'], ['Set-Cookie', 'b']]);
    return [Buffer.from('body')];
  });
  expect(Buffer.from(sent, 'latin1').toString('latin1')).toMatch(/^Status: 299 Caf.\r\n/);
  expect(sent.slice(sent.indexOf('\r\n'))).toBe(
    '\r\nContent-Type: text/plain\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 4\r\n\r\nbody',
  );
  expect(isComplete).toBe(true);
});

test('a stream goes out as it is made', async () => {
  const { sent, isComplete } = await answer(async (_environ, startResponse) => {
    await startResponse('200 OK', PLAIN)(Buffer.from(''));
    return (async function* () {
      yield Buffer.from('one ');
      yield Buffer.from('two');
    })();
  });
  expect(sent).toBe('Status: 200 OK\r\nContent-Type: text/plain\r\n\r\none two');
  expect(isComplete).toBe(true);
});

test('a fault is a 500, and told', async () => {
  const { sent, faults } = await answer(() => Promise.reject(new Error('planted')));
  expect(sent).toMatch(/^Status: 500 Internal Server Error\r\n/);
  expect(faults).toEqual([new Error('planted')]);
});

test('a response that is cut is not complete', async () => {
  const { sent, isComplete } = await answer((_environ, startResponse) => {
    startResponse('200 OK', PLAIN);
    return (function* () {
      yield Buffer.from('one');
      throw new Error('planted');
    })();
  });
  expect(sent).toMatch(/\r\n\r\none$/);
  expect(isComplete).toBe(false);
});

test('a body that ends before its length is a 400', async () => {
  const { sent, faults } = await answer(
    async (environ, startResponse) => {
      const body = await environ['wsgi.input'].read();
      startResponse('200 OK', PLAIN);
      return [body];
    },
    VARIABLES,
    ['bo'],
  );
  expect(sent).toMatch(/^Status: 400 Bad Request\r\n/);
  expect(faults).toEqual([]);
});

test('a server that reads no more ends the body', async () => {
  const output = new PassThrough();
  let isClosed = false;
  const application: Application = (_environ, startResponse) => {
    startResponse('200 OK', PLAIN);
    async function* pieces(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(100_000);
      output.destroy(new Error('EPIPE'));
      for (;;) yield Buffer.alloc(100_000);
    }
    return Object.assign(pieces(), { close: () => void (isClosed = true) });
  };
  output.resume();
  const streams = { input: Readable.from([]), output };
  expect(await runCgi(application, { ...VARIABLES, CONTENT_LENGTH: '' }, streams)).toBe(false);
  expect(isClosed).toBe(true);
});

// The command, as a server runs it.

const folder = mkdtempSync(join(tmpdir(), 'cgi-'));
afterAll(() => rmSync(folder, { recursive: true }));
const COMMAND = join(import.meta.dirname, '../../src/cgi-command.ts');
const MODULE = join(folder, 'application.mjs');

writeFileSync(
  MODULE,
  `export async function application(environ, startResponse) {
    console.log('printed');
    const body = await environ['wsgi.input'].read();
    startResponse('200 OK', [['Content-Type', 'application/json']]);
    setInterval(() => {}, 1000);
    return [Buffer.from(JSON.stringify([environ.PATH_INFO, environ.HTTP_PROXY, process.env.HTTP_PROXY ?? '', String(body)]))];
  }
  export const number = 1;`,
);

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function command(name: string, variables: NodeJS.ProcessEnv, input = ''): Promise<Run> {
  const child = spawn(process.execPath, ['--conditions=source', COMMAND, name], {
    env: { ...variables },
  });
  child.stdin.on('error', () => undefined).end(input);
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  return { code, stdout, stderr };
}

test('wsgi-cgi answers, and ends; what is printed goes to the log of the server', async () => {
  const variables = { ...VARIABLES, HTTP_PROXY: 'http://evil.test', PATH_INFO: '/caf\u00e9' };
  const { code, stdout, stderr } = await command(MODULE, variables, 'bodymore');
  const json = JSON.stringify(['/caf\xc3\xa9', 'http://evil.test', '', 'body']);
  expect(stdout).toMatch(/^Status: 200 OK\r\nContent-Type: application\/json\r\n/);
  expect(stdout.slice(stdout.indexOf('\r\n\r\n') + 4)).toBe(json);
  expect(stderr).toBe('printed\n');
  expect(code).toBe(0);
});

test.for<[name: string, variables: NodeJS.ProcessEnv, message: string]>([
  ['', VARIABLES, 'usage: wsgi-cgi MODULE[:ATTRIBUTE]'],
  [MODULE, {}, 'usage: wsgi-cgi MODULE[:ATTRIBUTE]'],
  [`${MODULE}:number`, VARIABLES, "has no callable 'number'"],
  ['./missing.mjs', VARIABLES, "No module './missing.mjs'"],
])("wsgi-cgi '%s' says what is wrong, on standard error", async ([name, variables, message]) => {
  const { code, stdout, stderr } = await command(name, variables);
  expect(stderr).toContain(`wsgi-cgi: `);
  expect(stderr).toContain(message);
  expect(stdout).toBe('');
  expect(code).toBe(2);
});
