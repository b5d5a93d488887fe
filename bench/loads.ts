import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a server is asked for, over and over. */
export interface Load {
  readonly path: string;
  /** Sent by POST; a GET without one. */
  readonly body?: { readonly contentType: string; readonly file: string };
}

/** Real work, which each server of a row does in its own way: see `servers/work/`. */
export interface Work {
  readonly name: string;
  readonly load: Load;
}

const UPLOAD_BYTES = 256 * 1024;
const STATIC_BYTES = 20 * 1024;
const BOUNDARY = '----WebKitFormBoundary7MA4YWxkTrZu0gW';

/** The files that the work needs, of which the servers are told by their environment. */
export function prepareWork(folder: string): {
  works: readonly Work[];
  environment: NodeJS.ProcessEnv;
} {
  const staticRoot = join(folder, 'static');
  const orderFile = join(folder, 'order.json');
  const formFile = join(folder, 'form');
  mkdirSync(staticRoot);
  writeFileSync(join(staticRoot, 'photo.jpg'), randomBytes(STATIC_BYTES));
  writeFileSync(orderFile, orderText());
  writeFileSync(formFile, formBytes());
  const formType = `multipart/form-data; boundary=${BOUNDARY}`;
  return {
    environment: { STATIC_ROOT: staticRoot },
    works: [
      {
        name: 'a POST of 1 KB of JSON',
        load: { path: '/orders/', body: { contentType: 'application/json', file: orderFile } },
      },
      { name: 'a page of 50 rows, escaped', load: { path: '/customers/' } },
      {
        name: 'an upload of 256 KB in a form',
        load: { path: '/photos/', body: { contentType: formType, file: formFile } },
      },
      { name: 'a static file of 20 KB', load: { path: '/static/photo.jpg' } },
    ],
  };
}

/** 1 KB. */
function orderText(): string {
  const lines = Array.from({ length: 10 }, (_, index) => ({
    sku: `SKU-${10_000 + index}`,
    name: `Article number ${index} “extra”`,
    quantity: index + 1,
    priceCents: 1999,
  }));
  return JSON.stringify({ id: 7, customer: 'Ørsted & Søn', lines });
}

function formBytes(): Buffer {
  const head = [
    `--${BOUNDARY}`,
    'Content-Disposition: form-data; name="photo"; filename="photo.jpg"',
    'Content-Type: image/jpeg',
    '\r\n',
  ].join('\r\n');
  return Buffer.concat([
    Buffer.from(head),
    randomBytes(UPLOAD_BYTES),
    Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
  ]);
}
