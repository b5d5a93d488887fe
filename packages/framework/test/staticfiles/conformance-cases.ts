import { expect } from 'vitest';

/** What is sent, with words that stand for what is known only then: ETAG, GZIP_ETAG, DATE, SIZE. */
export interface Case {
  readonly name: string;
  readonly method?: string;
  /** The style sheet under its plain name unless given; HASHED stands for its hashed one. */
  readonly target?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly expected: Expected;
  /** Where nginx answers otherwise, and is right to, or cannot be told. */
  readonly nginx?: Expected & { readonly because: string };
}

export interface Expected {
  readonly status: number;
  /** Field values, or what vitest matches them with; `null` where the field must not be there. */
  readonly headers?: Readonly<Record<string, unknown>>;
  /** The whole style sheet, in a coding, a part of it by its first and last byte, or nothing. */
  readonly body?: 'whole' | 'gzip' | 'br' | 'none' | readonly [first: number, last: number];
}

const STYLE_SHEET = '/static/welcome.css';

const WHOLE: Expected = { status: 200, body: 'whole', headers: { 'content-encoding': null } };
const NOT_FOUND: Expected = { status: 404 };
const NOT_MODIFIED: Expected = {
  status: 304,
  body: 'none',
  headers: { etag: 'ETAG', 'content-length': null },
};
const GZIP: Expected = {
  status: 200,
  body: 'gzip',
  headers: { 'content-encoding': 'gzip', vary: 'Accept-Encoding' },
};
const BROTLI: Expected = {
  status: 200,
  body: 'br',
  headers: { 'content-encoding': 'br', vary: 'Accept-Encoding' },
};

const KNOWS_GZIP_ALONE = 'the official image has no brotli';
const NEVER_READS_IDENTITY = 'nginx looks for gzip alone, and not at what else the client wants';
const MERGES = 'nginx normalises the path first, and the result is inside of /static/';

function part(first: number, last: number): Expected {
  return {
    status: 206,
    body: [first, last],
    headers: {
      'content-range': `bytes ${first}-${last}/SIZE`,
      'content-length': `${last - first + 1}`,
    },
  };
}

const FILES: readonly Case[] = [
  {
    name: 'a file comes with its length, ETag and date, and takes ranges',
    expected: {
      status: 200,
      body: 'whole',
      headers: {
        'content-length': 'SIZE',
        'content-type': expect.stringMatching(/^text\/css(?:; charset=utf-8)?$/),
        etag: expect.stringMatching(/^"[^"]+"$/),
        'last-modified': expect.stringMatching(/ GMT$/),
        'accept-ranges': 'bytes',
        vary: 'Accept-Encoding',
      },
    },
  },
  {
    name: 'an image has its type',
    target: '/static/favicon.svg',
    expected: { status: 200, headers: { 'content-type': 'image/svg+xml' } },
  },
  {
    name: 'a hashed name is kept for good',
    target: 'HASHED',
    expected: {
      status: 200,
      body: 'whole',
      headers: { 'cache-control': expect.stringMatching(/\bimmutable\b/) },
    },
  },
  {
    name: 'a plain name is asked for again',
    expected: {
      status: 200,
      headers: {
        'cache-control': expect.stringMatching(/^(?!.*immutable)(?:max-age=60\b|no-cache$)/),
      },
    },
  },
  {
    name: 'HEAD has the headers of GET, and no body',
    method: 'HEAD',
    expected: { status: 200, body: 'none', headers: { 'content-length': 'SIZE', etag: 'ETAG' } },
  },
  ...['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].map((method) => ({
    name: `${method} is not allowed`,
    method,
    expected: { status: 405, headers: { allow: 'GET, HEAD' } },
  })),
];

const CODINGS = cases([
  [{ 'Accept-Encoding': 'gzip' }, GZIP],
  [{ 'Accept-Encoding': 'GZIP' }, GZIP],
  [{ 'Accept-Encoding': 'deflate, gzip;q=0.5' }, GZIP],
  [{ 'Accept-Encoding': 'identity;q=0, gzip' }, GZIP],
  [{ 'Accept-Encoding': 'gzip;q=0' }, WHOLE],
  [{ 'Accept-Encoding': 'gzip;q=0.000' }, WHOLE],
  [{ 'Accept-Encoding': 'deflate' }, WHOLE],
  [{ 'Accept-Encoding': 'identity' }, WHOLE],
  [{ 'Accept-Encoding': '*;q=0, identity' }, WHOLE],
  [{ 'Accept-Encoding': 'br, gzip' }, BROTLI, { ...GZIP, because: KNOWS_GZIP_ALONE }],
  [{ 'Accept-Encoding': 'br' }, BROTLI, { ...WHOLE, because: KNOWS_GZIP_ALONE }],
  [{ 'Accept-Encoding': 'br;q=0.5, gzip' }, GZIP],
  [{ 'Accept-Encoding': 'gzip;q=0, *' }, BROTLI, { ...WHOLE, because: KNOWS_GZIP_ALONE }],
  [{ 'Accept-Encoding': '*' }, BROTLI, { ...WHOLE, because: KNOWS_GZIP_ALONE }],
  [
    { 'Accept-Encoding': 'gzip;q=0.5, identity' },
    WHOLE,
    { ...GZIP, because: NEVER_READS_IDENTITY },
  ],
  [
    { 'Accept-Encoding': 'identity;q=0' },
    { status: 406 },
    { ...WHOLE, because: NEVER_READS_IDENTITY },
  ],
]);

const EARLIER = 'Thu, 01 Jan 2015 00:00:00 GMT';
const LATER = 'Fri, 01 Jan 2100 00:00:00 GMT';

const CONDITIONS = cases([
  [{ 'If-None-Match': 'ETAG' }, NOT_MODIFIED],
  [{ 'If-None-Match': '"other", ETAG' }, NOT_MODIFIED],
  [{ 'If-None-Match': 'W/ETAG' }, NOT_MODIFIED],
  [{ 'If-None-Match': '*' }, NOT_MODIFIED],
  [{ 'If-None-Match': '"other"' }, WHOLE],
  [{ 'If-None-Match': 'GZIP_ETAG' }, WHOLE],
  [{ 'If-Modified-Since': 'DATE' }, NOT_MODIFIED],
  [{ 'If-Modified-Since': LATER }, NOT_MODIFIED],
  [{ 'If-Modified-Since': EARLIER }, WHOLE],
  [{ 'If-Modified-Since': 'whenever' }, WHOLE],
  [{ 'If-None-Match': '"other"', 'If-Modified-Since': 'DATE' }, WHOLE],
  [
    { 'If-None-Match': 'ETAG', 'If-Modified-Since': EARLIER },
    NOT_MODIFIED,
    { ...WHOLE, because: 'nginx wants both to hold' },
  ],
  [{ 'If-Match': 'ETAG' }, WHOLE],
  [{ 'If-Match': '"other"' }, { status: 412 }],
  [{ 'If-Unmodified-Since': 'DATE' }, WHOLE],
  [{ 'If-Unmodified-Since': EARLIER }, { status: 412 }],
  [
    { 'If-None-Match': 'GZIP_ETAG', 'Accept-Encoding': 'gzip' },
    { status: 304, body: 'none', headers: { etag: 'GZIP_ETAG', vary: 'Accept-Encoding' } },
  ],
  [{ 'If-None-Match': 'ETAG', 'Accept-Encoding': 'gzip' }, GZIP],
]);

const RANGES = cases([
  [{ Range: 'bytes=0-0' }, part(0, 0)],
  [{ Range: 'bytes=1-10' }, part(1, 10)],
  [{ Range: 'bytes=SIZE-' }, { status: 416, headers: { 'content-range': 'bytes */SIZE' } }],
  [{ Range: 'bytes=-0' }, { status: 416, headers: { 'content-range': 'bytes */SIZE' } }],
  [
    { Range: 'bytes=0-0,2-2' },
    WHOLE,
    {
      status: 206,
      headers: { 'content-type': expect.stringMatching(/^multipart\/byteranges/) },
      because: 'both are allowed, and nginx has multiple ranges',
    },
  ],
  [{ Range: 'lines=0-1' }, WHOLE],
  [{ Range: 'bytes=0-0', 'If-Range': 'ETAG' }, part(0, 0)],
  [{ Range: 'bytes=0-0', 'If-Range': 'DATE' }, part(0, 0)],
  [{ Range: 'bytes=0-0', 'If-Range': '"other"' }, WHOLE],
  [{ Range: 'bytes=0-0', 'If-Range': 'W/ETAG' }, WHOLE],
  [{ Range: 'bytes=0-0', 'If-Range': EARLIER }, WHOLE],
  [{ Range: 'bytes=0-0', 'If-Range': 'GZIP_ETAG' }, WHOLE],
  [{ Range: 'bytes=0-0', 'If-None-Match': 'ETAG' }, NOT_MODIFIED],
  [
    { Range: 'bytes=0-1', 'Accept-Encoding': 'gzip' },
    {
      status: 206,
      headers: { 'content-encoding': 'gzip', 'content-length': '2', etag: 'GZIP_ETAG' },
    },
  ],
]);

const ENDS: readonly Case[] = [
  {
    name: 'the last bytes',
    headers: { Range: 'bytes=-5' },
    expected: {
      status: 206,
      headers: { 'content-length': '5', 'content-range': expect.stringMatching(/-\d+\/\d+$/) },
    },
  },
  {
    name: 'more than the last bytes',
    headers: { Range: 'bytes=-1000000' },
    expected: { status: 206, body: 'whole', headers: { 'content-length': 'SIZE' } },
  },
  {
    name: 'a range that ends after the file',
    headers: { Range: 'bytes=0-1000000' },
    expected: { status: 206, body: 'whole', headers: { 'content-length': 'SIZE' } },
  },
  {
    name: 'a range is for GET alone',
    method: 'HEAD',
    headers: { Range: 'bytes=0-0' },
    expected: { status: 200, body: 'none', headers: { 'content-length': 'SIZE' } },
    nginx: { status: 206, body: 'none', because: 'nginx answers HEAD as it would GET' },
  },
];

const NOT_FILES: readonly Case[] = (
  [
    ['/static/'],
    ['/static/missing.css'],
    ['/static/missing.0123456789ab.css'],
    ['/static/staticfiles.json'],
    ['/static/.hidden'],
    ['/static/.git/config'],
    ['/static/welcome.css/'],
    ['/static/__proto__'],
    ['/static/..%5cpackage.json'],
    ['/static/..%5c..%5cpackage.json'],
    ['/static/%252e%252e/package.json'],
    ['/static/....//package.json'],
    ['/static/../package.json'],
    ['/static/%2e%2e/package.json'],
    ['/static/..%2fpackage.json'],
    ['/static//etc/passwd'],
    ['/static../package.json'],
    ['/static/../../etc/passwd', { status: 400, because: 'nginx refuses a path above the root' }],
    ['/static/welcome.css%00', { status: 400, because: 'nginx refuses a NUL in any path' }],
    ['/static//welcome.css', { ...WHOLE, because: MERGES }],
    ['/static/img/../welcome.css', { ...WHOLE, because: MERGES }],
    ['/static/%2e/welcome.css', { ...WHOLE, because: MERGES }],
  ] as const
).map(([target, nginx]) => ({
  name: `${target} is no file`,
  target,
  expected: NOT_FOUND,
  ...(nginx && { nginx }),
}));

/** What every server of static files answers. */
export const CASES: readonly (Case & { readonly target: string })[] = [
  ...FILES,
  ...CODINGS,
  ...CONDITIONS,
  ...RANGES,
  ...ENDS,
  ...NOT_FILES,
].map((one) => ({ target: STYLE_SHEET, ...one }));

/** Cases that are named by their fields. */
function cases(
  rows: readonly (readonly [
    headers: Readonly<Record<string, string>>,
    expected: Expected,
    nginx?: Case['nginx'],
  ])[],
): readonly Case[] {
  return rows.map(([headers, expected, nginx]) => {
    const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    return { name: fields.join(', '), headers, expected, ...(nginx && { nginx }) };
  });
}
