/** The content coding that leaves the content as it is. */
const IDENTITY = 'identity';

/**
 * RFC 9110 §12.5.3: the content coding for a response.
 *
 * @param fieldValue of Accept-Encoding, `undefined` where the request has none.
 * @param available codings in lower case, the best first; `identity` is always available.
 * @returns `undefined` where the client accepts none of them, also not `identity`.
 */
export function selectEncoding(
  fieldValue: string | undefined,
  available: readonly string[],
): string | undefined {
  if (fieldValue === undefined) return IDENTITY;
  const qualities = parseQualities(fieldValue);
  const qualityOf = (coding: string): number | undefined =>
    qualities.get(coding) ?? qualities.get('*');
  const candidates = [
    ...available.map((coding) => ({ coding, quality: qualityOf(coding) ?? 0 })),
    { coding: IDENTITY, quality: qualityOf(IDENTITY) ?? UNLISTED_IDENTITY },
  ];
  const best = candidates.toSorted((one, other) => other.quality - one.quality)[0];
  return best !== undefined && best.quality > 0 ? best.coding : undefined;
}

/** RFC 9110 §12.4.2: what a client listed, in lower case, with its weight. Malformed members are left out. */
export function parseQualities(fieldValue: string): ReadonlyMap<string, number> {
  const qualities = new Map<string, number>();
  for (const member of fieldValue.split(',')) {
    const [, name, weight = '1'] = MEMBER.exec(member.trim()) ?? [];
    if (name !== undefined) qualities.set(canonical(name), Number(weight));
  }
  return qualities;
}

/** RFC 9110 §8.4.1: two codings have an older name. */
function canonical(name: string): string {
  const lowerCase = name.toLowerCase();
  return lowerCase === 'x-gzip' || lowerCase === 'x-compress' ? lowerCase.slice(2) : lowerCase;
}

// Acceptable where it is not listed, but less than anything that is.
const UNLISTED_IDENTITY = 0.0001;

// ( codings / media-range ) [ weight ], weight = OWS ";" OWS "q=" qvalue (RFC 9110 §12.4.2, §12.5.3)
// qvalue = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] )
const MEMBER =
  /^([!#$%&'*+\-.^_`|~0-9A-Za-z/]+)(?:[\t ]*;[\t ]*[qQ]=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?$/;
