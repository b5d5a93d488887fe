import Negotiator from 'negotiator';

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
  const headers = { 'accept-encoding': fieldValue?.replaceAll(OLDER_NAME, '') };
  const negotiator: EncodingNegotiator = new Negotiator({ headers });
  return negotiator.encoding([...available, 'identity'], { preferred: available });
}

/**
 * RFC 9110 §12.5.1: the media type for a response; of equals the one that the client names more
 * exactly, and that it names first. A client that asks for parameters which a type does not have
 * takes the type without them.
 *
 * @param fieldValue of Accept, `undefined` where the request has none, which accepts everything.
 * @param available the best first.
 * @returns `undefined` where the client accepts none of them.
 */
export function selectMediaType<const Type extends string>(
  fieldValue: string | undefined,
  available: readonly Type[],
): Type | undefined {
  if (fieldValue === undefined) return available[0];
  const ranges = (fieldValue.match(LIST_ELEMENT) ?? []).map(parseMediaRange);
  const candidates = available.flatMap((type) => {
    const preference = preferenceFor(parseMediaRange(type), ranges);
    return preference && preference.weight > 0 ? [{ type, ...preference }] : [];
  });
  const [best] = candidates.toSorted(
    (one, other) =>
      other.weight - one.weight || other.exactness - one.exactness || one.order - other.order,
  );
  return best?.type;
}

interface MediaRange {
  /** `text/html`, `text/*` or any. */
  readonly name: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly weight: number;
}

function parseMediaRange(text: string): MediaRange {
  const [name = '', ...rest] = (text.match(PARAMETER) ?? []).map((part) => part.trim());
  const pairs = rest.map((parameter) => {
    const [key = '', value = ''] = parameter.toLowerCase().split('=', 2);
    return [key.trim(), value.trim().replaceAll('"', '')] as const;
  });
  // What follows the weight is about Accept itself.
  const end = pairs.findIndex(([key]) => key === 'q');
  const weight = Number(pairs[end]?.[1] ?? 1);
  return {
    name: name.toLowerCase(),
    parameters: new Map(end === -1 ? pairs : pairs.slice(0, end)),
    weight: weight >= 0 && weight <= 1 ? weight : 1,
  };
}

/** What the client says of a type: its most exact range counts, whatever the others weigh. */
function preferenceFor(type: MediaRange, ranges: readonly MediaRange[]) {
  const matching = ranges.flatMap((range, order) => {
    const exactness = exactnessOf(range, type);
    return exactness === undefined ? [] : [{ weight: range.weight, exactness, order }];
  });
  return matching.toSorted((one, other) => other.exactness - one.exactness)[0];
}

function exactnessOf(range: MediaRange, type: MediaRange): number | undefined {
  if (range.name === '*/*') return 0;
  if (range.name === type.name.replace(/\/.*/, '/*')) return 1;
  if (range.name !== type.name) return undefined;
  if (range.parameters.size === 0) return 3;
  if (type.parameters.size === 0) return 2;
  return [...range.parameters].every(([key, value]) => type.parameters.get(key) === value)
    ? 4
    : undefined;
}

// #element, whose quoted strings may have a comma, and parameters, whose may have a semicolon
const LIST_ELEMENT = /(?:[^",]|"[^"]*")+/g;
const PARAMETER = /(?:[^";]|"[^"]*")+/g;

/** The library's types lack the option by which the order of ours decides between equals. */
interface EncodingNegotiator {
  encoding(
    available: readonly string[],
    options: { readonly preferred: readonly string[] },
  ): string | undefined;
}

// x-gzip and x-compress are gzip and compress (RFC 9110 §8.4.1).
const OLDER_NAME = /\bx-(?=gzip|compress)/gi;
