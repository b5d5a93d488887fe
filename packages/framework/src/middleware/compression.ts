import { pipeline, Readable, type Transform } from 'node:stream';
import { promisify } from 'node:util';
import { brotliCompress, constants, createBrotliCompress, createGzip, gzip } from 'node:zlib';
import { selectEncoding } from '../http/accept.ts';
import { hasDirective } from '../http/cache-control.ts';
import { parseEtags } from '../http/preconditions.ts';
import type { Body, Bytes } from '@wsgi/wsgi';
import type { HttpRequest } from '../request.ts';
import type { HttpResponse } from '../response.ts';
import type { Handler } from './middleware.ts';

const MIN_BYTES = 200;

/**
 * Compresses text where no nginx is in front to do it; the sample project does not use it. It stands
 * outside `conditionalGet`, so that what is unchanged is not compressed first. Keep it off pages that
 * show a secret beside what a client sent: the length gives the secret away (BREACH).
 */
export function compression(getResponse: Handler): Handler {
  return async (request) => {
    ignoreDatedRange(request);
    const response = await getResponse(request);
    if (!dependsOnCoding(response)) return response;
    response.varyOn('Accept-Encoding');
    const coding = selectEncoding(request.headers.get('Accept-Encoding'), Object.keys(CODECS));
    const codec = CODECS[coding ?? ''];
    if (coding === undefined || !codec || response.status === 206) return response;
    if (response.status === 304) weakenUnlessNamed(request, response);
    else await compress(response, coding, codec);
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

/** RFC 9110 §13.1.5: a date is the same for each coding, and what was begun in one must not go on in another. */
function ignoreDatedRange({ headers, environ }: HttpRequest): void {
  const ifRange = headers.get('If-Range');
  if (ifRange !== undefined && !ifRange.endsWith('"')) delete environ['HTTP_RANGE'];
}

/** Whether another client may get the same in another coding. A 304 does not tell its type. */
function dependsOnCoding(response: HttpResponse): boolean {
  const { status, headers } = response;
  // RFC 9111 §5.2.2.6.
  if (hasDirective(headers.get('Cache-Control') ?? '', 'no-transform')) return false;
  if (status === 304) return true;
  if (headers.has('Content-Encoding') || !TEXT.test(headers.get('Content-Type') ?? ''))
    return false;
  return status === 206 || sizeOf(response) > MIN_BYTES;
}

/** The answer to HEAD may have the length alone. */
function sizeOf({ headers, body }: HttpResponse): number {
  const sizeBytes = isWhole(body) ? (body[0]?.length ?? 0) : Infinity;
  return Number(headers.get('Content-Length') ?? sizeBytes);
}

async function compress(response: HttpResponse, coding: string, codec: Codec): Promise<void> {
  const { headers, body } = response;
  const close = () => body.close?.();
  headers.set('Content-Encoding', coding);
  headers.delete('Content-Length');
  // Ranges count the bytes of what is not compressed.
  headers.delete('Accept-Ranges');
  weaken(response);
  if (!isWhole(body)) {
    response.body = Object.assign(compressPieces(body, codec), { close });
  } else if (body[0]) {
    response.body = Object.assign([await codec.whole(body[0])], { close });
  }
}

async function* compressPieces(body: Body, codec: Codec): AsyncGenerator<Bytes> {
  // An error comes out of the last stream, which is read here.
  yield* pipeline(Readable.from(body), codec.stream(), () => {});
}

function isWhole(body: Body): body is Body & readonly Bytes[] {
  return Array.isArray(body) && body.length <= 1;
}

/** RFC 9110 §15.4.5: a 304 has the ETag of the 200, which is strong where the client got it so. */
function weakenUnlessNamed(request: HttpRequest, response: HttpResponse): void {
  const named = parseEtags(request.headers.get('If-None-Match') ?? '');
  if (!named?.includes(response.headers.get('ETag') ?? '')) weaken(response);
}

/** RFC 9110 §8.8.1: the same content in other bytes shares no more than a weak validator. */
function weaken({ headers }: HttpResponse): void {
  const etag = headers.get('ETag');
  if (etag?.startsWith('"')) headers.set('ETag', `W/${etag}`);
}

const TEXT =
  /^(?:text\/|image\/svg\+xml|application\/(?:[\w.+-]+\+)?(?:json|xml|javascript|wasm|manifest)\b)/i;
