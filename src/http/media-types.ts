import { parseQualities } from './accept.ts';

/**
 * RFC 9110 §12.5.1: the media type for a response. Ranges with parameters are left out of account.
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
  const qualities = parseQualities(fieldValue);
  let best: Type | undefined;
  let bestQuality = 0;
  for (const type of available) {
    const quality = qualityOf(type.toLowerCase(), qualities);
    if (quality > bestQuality) [best, bestQuality] = [type, quality];
  }
  return best;
}

/** RFC 9110 §12.5.1: the most specific range that matches counts, whatever the others say. */
function qualityOf(type: string, qualities: ReadonlyMap<string, number>): number {
  const [group] = type.split('/', 1);
  return qualities.get(type) ?? qualities.get(`${group}/*`) ?? qualities.get('*/*') ?? 0;
}
