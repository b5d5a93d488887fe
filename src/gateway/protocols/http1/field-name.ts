import { cgiName, type CgiName } from '../../../wsgi/headers.ts';

export interface FieldName {
  /** In lower case. */
  readonly name: string;
  /** Its environ key; none for a name with a `_`. */
  readonly key: CgiName | undefined;
  /** One of 32: names whose bits differ are different. */
  readonly bit: number;
}

interface KnownName extends FieldName {
  /** As it was sent, of any case. */
  readonly sent: string;
}

const KEPT_LENGTH_MAX = 32;
const PLACES = 256;
/** One name a place. */
const knownNames = Array.from<KnownName | undefined>({ length: PLACES });

/** Clients send the same few names, so each is taken apart once: its strings are found by their hash from then on. */
export function recallName(bytes: Uint8Array, text: string, start: number, end: number): FieldName {
  const sent = text.slice(start, end);
  const place = placeOf(bytes, start, end);
  const known = knownNames[place];
  if (known?.sent === sent) return known;
  const learned = learn(copyOf(sent));
  if (sent.length <= KEPT_LENGTH_MAX) knownNames[place] = learned;
  return learned;
}

function placeOf(bytes: Uint8Array, start: number, end: number): number {
  return ((end - start) * 31 + (bytes[start] ?? 0) * 7 + (bytes[end - 1] ?? 0)) % PLACES;
}

function learn(sent: string): KnownName {
  const name = sent.toLowerCase();
  let sum = 0;
  for (const octet of Buffer.from(name, 'latin1')) sum += octet;
  return { sent, name, key: cgiName(name), bit: 1 << (sum % 32) };
}

/** V8's slice would keep all of the text in memory, and what else the client sent in it. */
export function copyOf(slice: string): string {
  return Buffer.from(slice, 'latin1').toString('latin1');
}
