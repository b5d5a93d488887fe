import { pipeline, Readable } from 'node:stream';
import type { Transform } from 'node:stream';
import { promisify } from 'node:util';
import { brotliCompress, constants, createBrotliCompress, createGzip, gzip } from 'node:zlib';
import { selectEncoding } from '../../http/accept.ts';
import type { Body, Bytes } from '../../wsgi/types.ts';
import type { HttpResponse } from '../response.ts';
import type { Handler } from './middleware.ts';

const MIN_BYTES = 200;

/**
 * Compresses text, for servers without nginx in front, which does it otherwise: the sample project
 * has it not. It stands outside `conditionalGet`, so that what is unchanged is not compressed first.
 * Leave it away from pages that show a secret beside what a client sent: the length tells of it (BREACH).
 */
export function compression(getResponse: Handler): Handler {
  return async (request) => {
    const response = await getResponse(request);
    const mayCompress = isCompressible(response);
    // RFC 9110 §15.4.5: a 304 says what the 200 would have said.
    if (mayCompress || response.status === 304) addToVary(response);
    if (!mayCompress) return response;
    const coding = selectEncoding(request.headers.get('Accept-Encoding'), Object.keys(CODECS));
    const codec = CODECS[coding ?? ''];
    if (coding !== undefined && codec) await compress(response, coding, codec);
    return response;
  };
}

interface Codec {
  whole(content: Bytes): Promise<Bytes>;
  /** Passes each piece on before the next comes. */
  stream(): Transform;
}

const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };
const compressBrotli = promisify(brotliCompress);
const compressGzip = promisify(gzip);

/** The best first. */
const CODECS: Readonly<Record<string, Codec>> = {
  br: {
    whole: (content) => compressBrotli(content, BROTLI),
    stream: () => createBrotliCompress({ ...BROTLI, flush: constants.BROTLI_OPERATION_FLUSH }),
  },
  gzip: {
    whole: (content) => compressGzip(content),
    stream: () => createGzip({ flush: constants.Z_SYNC_FLUSH }),
  },
};

function isCompressible({ status, headers, body }: HttpResponse): boolean {
  if (status === 204 || status === 206 || status === 304) return false;
  if (headers.has('Content-Encoding') || !TEXT.test(headers.get('Content-Type') ?? ''))
    return false;
  if (NO_TRANSFORM.test(headers.get('Cache-Control') ?? '')) return false;
  return !isWhole(body) || (body[0]?.length ?? 0) > MIN_BYTES;
}

async function compress(response: HttpResponse, coding: string, codec: Codec): Promise<void> {
  const { headers, body } = response;
  headers.set('Content-Encoding', coding);
  weaken(response);
  if (isWhole(body)) {
    const compressed = await codec.whole(body[0] ?? new Uint8Array());
    headers.set('Content-Length', String(compressed.length));
    response.body = [compressed];
  } else {
    headers.delete('Content-Length');
    response.body = Object.assign(compressPieces(body, codec), { close: () => body.close?.() });
  }
}

async function* compressPieces(body: Body, codec: Codec): AsyncGenerator<Bytes> {
  // An error comes out of the last stream, which is read here.
  yield* pipeline(Readable.from(body), codec.stream(), () => {});
}

function isWhole(body: Body): body is Body & readonly Bytes[] {
  return Array.isArray(body) && body.length <= 1;
}

function addToVary({ headers }: HttpResponse): void {
  const vary = headers.get('Vary');
  if (vary === undefined) headers.set('Vary', 'Accept-Encoding');
  else if (!/\*|\baccept-encoding\b/i.test(vary)) headers.set('Vary', `${vary}, Accept-Encoding`);
}

/** RFC 9110 §8.8.1: the same content in other bytes shares no more than a weak validator. */
function weaken({ headers }: HttpResponse): void {
  const etag = headers.get('ETag');
  if (etag?.startsWith('"')) headers.set('ETag', `W/${etag}`);
}

const TEXT =
  /^(?:text\/|image\/svg\+xml|application\/(?:[\w.+-]+\+)?(?:json|xml|javascript|wasm|manifest)\b)/i;

// no-transform (RFC 9110 §7.7)
const NO_TRANSFORM = /(?:^|[ ,])no-transform\b/i;
