import { hash } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { CASES, type Expected } from './conformance-cases.ts';

/** Gives the port of a server that serves collected files below /static/: a welcome.css, a favicon.svg. */
export type ServeFiles = () => Promise<number>;

/** Declares the tests that both servers of static files have to pass; `styleSheet` is welcome.css. */
export function describeStaticConformance(
  server: 'in-process' | 'nginx',
  styleSheet: Buffer,
  serveFiles: ServeFiles,
): void {
  const hashed = `/static/welcome.${hash('md5', styleSheet).slice(0, 12)}.css`;
  describe(`static files from ${server}`, () => {
    test.for(CASES)('$name', async ({ target, method = 'GET', headers = {}, expected, nginx }) => {
      const port = await serveFiles();
      const words = { ...(await wordsOf(port)), SIZE: String(styleSheet.length) };
      const path = target === 'HASHED' ? hashed : target;
      const answer = await send(port, method, path, filled(headers, words));
      const wanted = (server === 'nginx' && nginx) || expected;
      const fields = wantedFields(wanted, words);
      const seen = Object.keys(fields).map((name) => [name, answer.headers[name] ?? null]);
      expect({ status: answer.status, ...Object.fromEntries(seen) }).toEqual({
        status: wanted.status,
        ...fields,
      });
      expect(hasBody(answer.body, wanted.body, styleSheet)).toBe(true);
    });

    test('each coding has an ETag of its own', async () => {
      const { ETAG, GZIP_ETAG } = await wordsOf(await serveFiles());
      expect(ETAG).toMatch(/^"[^"]+"$/);
      expect(GZIP_ETAG).toMatch(/^"[^"]+"$/);
      expect(ETAG).not.toBe(GZIP_ETAG);
    });
  });
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

type Words = Readonly<Record<'ETAG' | 'GZIP_ETAG' | 'DATE' | 'SIZE', string>>;

/** What the words in the cases stand for on this server. */
async function wordsOf(port: number): Promise<Omit<Words, 'SIZE'>> {
  const plain = await send(port, 'GET', '/static/welcome.css', {});
  const gzip = await send(port, 'GET', '/static/welcome.css', { 'Accept-Encoding': 'gzip' });
  return {
    ETAG: String(plain.headers.etag),
    GZIP_ETAG: String(gzip.headers.etag),
    DATE: String(plain.headers['last-modified']),
  };
}

/** The path goes out as it is, without a browser's normalisation. */
async function send(
  port: number,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<Answer> {
  const outgoing = httpRequest({ host: '127.0.0.1', port, path, method, headers, agent: false });
  outgoing.end();
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: await buffer(response),
  };
}

function filled(headers: Readonly<Record<string, string>>, words: Words): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, fill(value, words)]),
  );
}

function fill(text: string, words: Words): string {
  return text.replaceAll(/GZIP_ETAG|ETAG|DATE|SIZE/g, (word) => words[word as keyof Words]);
}

function wantedFields({ headers = {} }: Expected, words: Words): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      typeof value === 'string' ? fill(value, words) : value,
    ]),
  );
}

function hasBody(body: Buffer, wanted: Expected['body'], styleSheet: Buffer): boolean {
  if (wanted === undefined) return true;
  if (wanted === 'none') return body.length === 0;
  if (wanted === 'gzip') return gunzipSync(body).equals(styleSheet);
  if (wanted === 'br') return brotliDecompressSync(body).equals(styleSheet);
  return body.equals(
    wanted === 'whole' ? styleSheet : styleSheet.subarray(wanted[0], wanted[1] + 1),
  );
}
