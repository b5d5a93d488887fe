import { createHmac, timingSafeEqual } from 'node:crypto';
import { BadRequest } from './errors.ts';
import { settings } from './settings.ts';

/** What a signature is for: one that was made with one salt is worth nothing with another. */
export interface SignOptions {
  readonly salt: string;
}

export interface UnsignOptions extends SignOptions {
  /** Refuses what was signed longer ago. */
  readonly maxAgeSeconds?: number;
}

/** The value is not one that `sign` gave out, or it is too old. Where nobody catches it: 400. */
export class BadSignature extends BadRequest {
  override name = 'BadSignature';
}

/** Signs a value that a client keeps, with the time: `value:time:signature`. The value stays readable. */
export function sign(value: string, { salt }: SignOptions): string {
  const signed = `${value}:${Math.floor(Date.now() / 1000).toString(36)}`;
  return `${signed}:${signature(signed, salt, settings.SECRET_KEY)}`;
}

/**
 * The value that was signed, by SECRET_KEY or one of SECRET_KEY_FALLBACKS.
 *
 * @throws {BadSignature} where it was changed, signed with another salt or key, or is too old.
 */
export function unsign(text: string, { salt, maxAgeSeconds = Infinity }: UnsignOptions): string {
  const [, signed = '', value = '', time = '', given = ''] = SIGNED.exec(text) ?? [];
  // An empty one, of a variable that is not set, is a key that everybody knows.
  const fallbacks = settings.SECRET_KEY_FALLBACKS.filter((key) => key !== '');
  const keys = [settings.SECRET_KEY, ...fallbacks];
  if (!keys.some((key) => isEqual(given, signature(signed, salt, key)))) {
    throw new BadSignature('The signature does not match.');
  }
  const ageSeconds = Date.now() / 1000 - Number.parseInt(time, 36);
  if (ageSeconds > maxAgeSeconds) {
    throw new BadSignature(`The signature is older than ${maxAgeSeconds} seconds.`);
  }
  return value;
}

// value ":" seconds since 1970 in base 36 ":" HMAC-SHA-256 in base64url
const SIGNED = /^(([^]*):([0-9a-z]+)):([\w-]{43})$/;

function signature(text: string, salt: string, key: string): string {
  const keyOfSalt = createHmac('sha256', key).update(salt).digest();
  return createHmac('sha256', keyOfSalt).update(text).digest('base64url');
}

/** In a time that tells nothing about where the two differ. */
function isEqual(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}
