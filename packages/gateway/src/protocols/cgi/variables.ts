import { PLAIN_TEXT, TOKEN } from '@wsgi/wsgi/headers';
import { ProtocolError } from '@wsgi/wsgi/status';
import { learnName, type Field, type FieldName } from '../http1/fields.ts';
import { requireFirst } from '../http1/request-head.ts';
import type { HeadLimits } from '../protocol.ts';

/** A meta-variable (RFC 3875 §4.1) as it came, in latin1. */
export type Variable = readonly [name: string, value: string];

/** As Gunicorn has it. */
const COUNT_MAX = 1000;
/** What a proxy tells of itself beside the fields. */
const OWN_BYTES_MAX = 65_536;

/** How many bytes of variables can be within the limits. */
export function variablesBytesMax({
  requestLineBytes,
  fieldCount,
  fieldBytes,
}: HeadLimits): number {
  return OWN_BYTES_MAX + requestLineBytes + fieldCount * fieldBytes;
}

/** @throws {ProtocolError} 431 for one more than there may be. */
export function checkCount(count: number): void {
  if (count > COUNT_MAX) throw new ProtocolError(431, `more than ${COUNT_MAX} variables`);
}

/** What the variables say: the fields of the request, and the others by name. */
export interface SortedVariables {
  readonly fields: Field[];
  /** Of two of a name the last: so a configuration changes one that it has included. */
  readonly others: ReadonlyMap<string, string>;
  /** The client sent its body in chunks, whatever the proxy made of them. */
  readonly wasChunked: boolean;
}

/** @throws {ProtocolError} 400, 431. */
export function sortVariables(variables: readonly Variable[], limits: HeadLimits): SortedVariables {
  const fields: Field[] = [];
  const others = new Map<string, string>();
  let wasChunked = false;
  for (const [name, value] of variables) {
    const fieldName = fieldNameOf(name);
    if (name === 'HTTP_TRANSFER_ENCODING') wasChunked = true;
    else if (fieldName === undefined) setOther(others, name, value);
    else if (!TOLD_APART.has(name)) addField(fields, fieldName, value, limits);
  }
  for (const name of CONTENT_VARIABLES) {
    const value = others.get(name);
    const fieldName = learnName(name.toLowerCase().replace('_', '-'));
    if (value !== undefined && value !== '') addField(fields, fieldName, value, limits);
  }
  return { fields, others, wasChunked };
}

const CONTENT_VARIABLES = ['CONTENT_TYPE', 'CONTENT_LENGTH'];
/** Some proxies tell these under both names. */
const TOLD_APART: ReadonlySet<string> = new Set(CONTENT_VARIABLES.map((name) => `HTTP_${name}`));

function setOther(others: Map<string, string>, name: string, value: string): void {
  if (name === 'CONTENT_LENGTH' && (others.get(name) ?? value) !== value) {
    throw new ProtocolError(400, 'two lengths of one body');
  }
  others.set(name, value);
}

const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

function addField(fields: Field[], name: FieldName, value: string, limits: HeadLimits): void {
  if (fields.length === limits.fieldCount) {
    throw new ProtocolError(431, `more than ${limits.fieldCount} fields`);
  }
  if (name.sent.length + value.length > limits.fieldBytes) {
    throw new ProtocolError(431, `field over ${limits.fieldBytes} bytes`);
  }
  if (!FIELD_VALUE.test(value)) throw new ProtocolError(400, 'control character in a field');
  fields.push({ ...name, value, isPlain: PLAIN_TEXT.test(value) });
  requireFirst(fields, fields.length - 1, name.name);
}

const knownNames = new Map<string, FieldName>();
const KNOWN_NAMES_MAX = 256;
const NAME_LENGTH_MAX = 64;

/** Of `HTTP_USER_AGENT`; undefined for what is no field. */
function fieldNameOf(variable: string): FieldName | undefined {
  if (!variable.startsWith('HTTP_')) return undefined;
  const known = knownNames.get(variable);
  if (known !== undefined) return known;
  const sent = variable.slice('HTTP_'.length).toLowerCase().replaceAll('_', '-');
  if (!TOKEN.test(sent)) throw new ProtocolError(400, 'malformed field name');
  const learned = learnName(sent);
  if (knownNames.size < KNOWN_NAMES_MAX && variable.length <= NAME_LENGTH_MAX) {
    // A copy: V8's slice would keep all of the packet in memory.
    knownNames.set(Buffer.from(variable, 'latin1').toString('latin1'), learned);
  }
  return learned;
}
