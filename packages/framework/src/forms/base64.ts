import type { Bytes } from '@wsgi/wsgi';
import { BadRequest } from '../errors.ts';

/** Decodes what comes in pieces, cut anywhere (RFC 2045 §6.8). */
export class Base64Decoder {
  #rest = '';

  /** @throws {BadRequest} for what is no base64. */
  decode(piece: Bytes): Bytes {
    const text =
      this.#rest +
      Buffer.from(piece)
        .toString('latin1')
        .replaceAll(/[\r\n\t ]/g, '');
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw malformed();
    const end = text.length - (text.length % 4);
    this.#rest = text.slice(end);
    return Buffer.from(text.slice(0, end), 'base64');
  }

  /** @throws {BadRequest} where the last four characters are not all there. */
  end(): void {
    if (this.#rest !== '') throw malformed();
  }
}

function malformed(): BadRequest {
  return new BadRequest('A part of the form is not the base64 that it says it is.');
}
