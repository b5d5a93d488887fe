import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { BadRequest } from './errors.ts';
import { speaksForAll } from './first-worker.ts';
import { log } from './logging.ts';
import { settings } from './settings.ts';

/** What a signature is for: one that was made with one salt is worth nothing with another. */
export interface SignOptions {
  readonly salt: string;
}

/** Which signatures count. */
export interface UnsignOptions extends SignOptions {
  /** Refuses what was signed longer ago. */
  readonly maxAgeSeconds?: number;
}

/** The value is not one that `sign` gave out, or it is too old. Where nobody catches it: 400. */
export class BadSignature extends BadRequest {}

/** Signs a value that a client keeps, with the time: `value:time:signature`. The value stays readable. */
export function sign(value: string, { salt }: SignOptions): string {
  const signed = `${value}:${Math.floor(Date.now() / 1000).toString(36)}`;
  return `${signed}:${signature(signed, salt, secretKey())}`;
}

/**
 * The value that was signed, by SECRET_KEY or one of SECRET_KEY_FALLBACKS.
 *
 * @throws {BadSignature} where it was changed, signed with another salt or key, or is too old.
 * @throws {RangeError} where the age is no number, which every age would pass.
 */
export function unsign(text: string, { salt, maxAgeSeconds = Infinity }: UnsignOptions): string {
  if (Number.isNaN(maxAgeSeconds)) {
    throw new RangeError(`maxAgeSeconds is ${maxAgeSeconds}: expected a number.`);
  }
  const [, signed = '', value = '', time = '', given = ''] = SIGNED.exec(text) ?? [];
  // An empty one, of a variable that is not set, is a key that everybody knows.
  const fallbacks = settings.SECRET_KEY_FALLBACKS.filter((key) => key !== '');
  const keys = [secretKey(), ...fallbacks];
  if (!keys.some((key) => isEqual(given, signature(signed, salt, key)))) {
    throw new BadSignature('The signature does not match.');
  }
  const ageSeconds = Date.now() / 1000 - Number.parseInt(time, 36);
  // What is no number, such as a variable's text, lets none pass.
  if (!(ageSeconds <= maxAgeSeconds)) {
    throw new BadSignature(`The signature is older than ${maxAgeSeconds} seconds.`);
  }
  return value;
}

/**
 * Lets an application of settings without a SECRET_KEY sign all the same, so that a new project runs,
 * and says once what that means. The key is made where something is signed, not before.
 */
export function permitMadeKey(): void {
  if (hasKey()) return;
  isMadeKeyPermitted = true;
  if (settings.DEBUG || !speaksForAll()) return;
  const [owner, others] = process.env['GATEWAY_SECRET']
    ? ['the workers of this gateway', 'other replicas']
    : ['this process alone', 'every other process'];
  log.warn(
    { setting: 'SECRET_KEY' },
    `SECRET_KEY is not set: one is made for ${owner}. What it signs, such as cookies, is refused after a restart and by ${others}. Set SECRET_KEY, or SECRET_KEY_FILE.`,
  );
}

let isMadeKeyPermitted = false;
let madeKey: string | undefined;

function hasKey(): boolean {
  return 'SECRET_KEY' in settings;
}

function secretKey(): string {
  const isMade = isMadeKeyPermitted && !hasKey();
  return isMade ? (madeKey ??= makeKey()) : settings.SECRET_KEY;
}

/** Under a gateway that gives its workers GATEWAY_SECRET they all make the same one. */
function makeKey(): string {
  const ofCheckout = settings.DEBUG ? seedOfCheckout() : undefined;
  const seed = ofCheckout || process.env['GATEWAY_SECRET'] || randomBytes(64);
  return createHmac('sha512', seed).update('SECRET_KEY').digest('base64url');
}

/** Kept beside what npm installs, so that a reload of the development server ends no session. */
function seedOfCheckout(): string | undefined {
  const file = resolve('node_modules/.cache/secret-key-seed');
  try {
    if (!existsSync(dirname(file))) mkdirSync(dirname(file));
    if (!existsSync(file)) writeFileSync(file, randomBytes(64).toString('hex'), { mode: 0o600 });
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
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
