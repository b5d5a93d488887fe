/** A line of JSON with the control characters escaped that JSON leaves as they are, and a terminal would heed. */
export function escapeC1(json: string): string {
  return json.replace(C1, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
}

/** DEL, and the second set of control characters (ECMA-48). */
const C1 = /[\x7f-\x9f]/g;
