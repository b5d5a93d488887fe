import * as fc from 'fast-check';

export interface SampleRequest {
  readonly method: string;
  /** In origin-form. */
  readonly target: string;
  readonly host: string;
  /** None of OWN_FIELDS. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  /** The body's pieces where it is chunked. */
  readonly chunks: readonly Buffer[] | undefined;
}

/** Valid requests of HTTP/1.1. */
export function anyRequest(): fc.Arbitrary<SampleRequest> {
  return fc
    .record({
      method: anyToken.filter((method) => method !== 'CONNECT'),
      target: anyTextOf(TARGET_CHARACTERS, 40).map((rest) => `/${rest}`),
      host: fc.constantFrom('a', 'www.example.com:8080', '[::1]:80', '127.0.0.1', 'my_app'),
      fields: fc.array(fc.tuple(anyFieldName, anyFieldValue), { maxLength: 8 }),
      pieces: fc.array(
        fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
        { maxLength: 4 },
      ),
      isChunked: fc.boolean(),
    })
    .map(({ pieces, isChunked, ...request }) => ({
      ...request,
      body: Buffer.concat(pieces),
      chunks: isChunked ? pieces : undefined,
    }));
}

export function encodeRequest(request: SampleRequest): Buffer {
  const { method, target, host, fields, body, chunks } = request;
  const framing =
    chunks === undefined ? `Content-Length: ${body.length}` : 'Transfer-Encoding: chunked';
  const lines = [
    `${method} ${target} HTTP/1.1`,
    `Host: ${host}`,
    framing,
    ...fields.map(([name, value]) => `${name}: ${value}`),
  ];
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  return Buffer.concat([head, chunks === undefined ? body : encodeChunked(chunks, [''])]);
}

/** Each chunk gets the next of the extensions, which start over at their end. */
export function encodeChunked(chunks: readonly Buffer[], extensions: readonly string[]): Buffer {
  const encoded = chunks
    .filter((chunk) => chunk.length > 0)
    .flatMap((chunk, index) => {
      const extension = extensions[index % extensions.length] ?? '';
      return [Buffer.from(`${chunk.length.toString(16)}${extension}\r\n`), chunk, CRLF];
    });
  return Buffer.concat([...encoded, Buffer.from('0\r\n\r\n')]);
}

const CRLF = Buffer.from('\r\n');

const TOKEN_CHARACTERS = charactersThat(/[!#$%&'*+\-.^_`|~0-9A-Za-z]/);
const TARGET_CHARACTERS = charactersThat(/[\x21\x22\x24-\x7e]/);
const VALUE_CHARACTERS = charactersThat(/[\t\x20-\x7e\x80-\xff]/);

/** The fields that the connection itself lives by. */
export const OWN_FIELDS: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'expect',
]);

const anyToken = anyTextOf(TOKEN_CHARACTERS, 12).filter((text) => text !== '');
const anyFieldName = anyToken.filter((name) => !OWN_FIELDS.has(name.toLowerCase()));
const anyFieldValue = anyTextOf(VALUE_CHARACTERS, 40).map((text) =>
  text.replace(/^[\t ]+|[\t ]+$/g, ''),
);

function anyTextOf(characters: readonly string[], maxLength: number): fc.Arbitrary<string> {
  return fc.string({ unit: fc.constantFrom(...characters), maxLength });
}

function charactersThat(pattern: RegExp): string[] {
  const latin1 = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code));
  return latin1.filter((character) => pattern.test(character));
}
