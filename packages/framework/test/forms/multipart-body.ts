export interface Part {
  readonly name?: string;
  readonly fileName?: string;
  readonly type?: string;
  readonly content: string | Buffer;
}

export const BOUNDARY = 'a-boundary';
export const CONTENT_TYPE = `multipart/form-data; boundary=${BOUNDARY}`;

/** The body of a multipart/form-data request, as browsers write it. */
export function multipartBody(...parts: readonly Part[]): Buffer {
  const pieces = parts.flatMap((part) => [head(part), Buffer.from(part.content), '\r\n']);
  return Buffer.concat([...pieces, `--${BOUNDARY}--\r\n`].map((piece) => Buffer.from(piece)));
}

function head({ name, fileName, type }: Part): string {
  const disposition = [
    'form-data',
    ...(name === undefined ? [] : [`name="${name}"`]),
    ...(fileName === undefined ? [] : [`filename="${fileName}"`]),
  ].join('; ');
  const lines = [`--${BOUNDARY}`, `Content-Disposition: ${disposition}`];
  if (type !== undefined) lines.push(`Content-Type: ${type}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}
