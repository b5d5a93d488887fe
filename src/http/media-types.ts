/** A member of Accept, with parameters that are not the weight left out of account. */
interface MediaRange {
  /** `text/html`, `text/*` or `*`+`/*`, in lower case. */
  readonly range: string;
  readonly quality: number;
}

/**
 * RFC 9110 §12.5.1: the media type for a response.
 *
 * @param fieldValue of Accept, `undefined` where the request has none, which accepts everything.
 * @param available media types without parameters, the best first.
 * @returns `undefined` where the client accepts none of them.
 */
export function selectMediaType<const Type extends string>(
  fieldValue: string | undefined,
  available: readonly Type[],
): Type | undefined {
  if (fieldValue === undefined) return available[0];
  const ranges = parseAccept(fieldValue);
  let best: Type | undefined;
  let bestQuality = 0;
  for (const type of available) {
    const quality = qualityOf(type.toLowerCase(), ranges);
    if (quality > bestQuality) [best, bestQuality] = [type, quality];
  }
  return best;
}

/** RFC 9110 §12.5.1: the most specific range that matches counts, whatever the others say. */
function qualityOf(type: string, ranges: readonly MediaRange[]): number {
  const [group] = type.split('/', 1);
  for (const wanted of [type, `${group}/*`, '*/*']) {
    const match = ranges.find(({ range }) => range === wanted);
    if (match) return match.quality;
  }
  return 0;
}

function parseAccept(fieldValue: string): readonly MediaRange[] {
  return fieldValue.split(',').flatMap((member) => {
    const [range = '', ...parameters] = member.split(';').map((part) => part.trim().toLowerCase());
    const weight = parameters.find((parameter) => parameter.startsWith('q=')) ?? 'q=1';
    const isPlain = parameters.every((parameter) => parameter.startsWith('q='));
    return isPlain && QUALITY.test(weight) ? { range, quality: Number(weight.slice(2)) } : [];
  });
}

// weight = OWS ";" OWS "q=" qvalue
// qvalue = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] ) (RFC 9110 §12.4.2)
const QUALITY = /^q=(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)$/;
