/**
 * A line of JSON in at most so many bytes: of one that is longer the texts are cut, each at the same
 * length, and say how much they lack; then lists, each at the same count.
 */
export function shortenLine(line: string, limitBytes: number): string {
  if (Buffer.byteLength(line) <= limitBytes) return line;
  const value = parse(line);
  const fits = (shorter: string): boolean => Buffer.byteLength(shorter) <= limitBytes;
  if (!fits(write(value, SHORTEST))) {
    const few = write(value, SHORTEST, FEW);
    // It may have too many fields, whatever is in them.
    return fits(few) ? few : write(essential(value), SHORTEST);
  }
  let length = limitBytes;
  while (!fits(write(value, length))) length = Math.max(SHORTEST, Math.floor(length * 0.9));
  return write(value, length);
}

/** A line of JSON with the control characters escaped that JSON leaves as they are, and a terminal would heed. */
export function escapeC1(json: string): string {
  return json.replace(C1, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
}

/** DEL, and the second set of control characters (ECMA-48). */
const C1 = /[\x7f-\x9f]/g;

/** Beyond this it is not the texts that make a line long. */
const SHORTEST = 100;
const FEW = 10;
const ESSENTIAL = ['level', 'time', 'logger', 'pid', 'request_id', 'msg'];

/** What is no JSON is the message of a line that is. */
function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return { msg: line.trimEnd() };
  }
}

function write(value: unknown, length: number, count: number = Infinity): string {
  const json = JSON.stringify(value, (_, part: unknown) => {
    if (Array.isArray(part)) return part.slice(0, count);
    return typeof part === 'string' ? cut(part, length) : part;
  });
  return `${escapeC1(json)}\n`;
}

function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  return `${text.slice(0, length).toWellFormed()}… (${text.length - length} more characters)`;
}

function essential(value: unknown): object {
  const fields = Object.entries(value ?? {}).filter(
    ([name, field]) => ESSENTIAL.includes(name) && typeof field !== 'object',
  );
  return { ...Object.fromEntries(fields), cut: 'its other fields are too many' };
}
