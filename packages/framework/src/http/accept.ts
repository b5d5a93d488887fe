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
 * RFC 9110 §12.5.1: the media type for a response; of equals the one that the client names, and that
 * it names first.
 *
 * @param fieldValue of Accept, `undefined` where the request has none, which accepts everything.
 * @param available the best first.
 * @returns `undefined` where the client accepts none of them.
 */
export function selectMediaType<const Type extends string>(
  fieldValue: string | undefined,
  available: readonly Type[],
): Type | undefined {
  const negotiator = new Negotiator({ headers: { accept: fieldValue } });
  return negotiator.mediaType(available) as Type | undefined;
}

/** The library's types lack the option by which the order of ours decides between equals. */
interface EncodingNegotiator {
  encoding(
    available: readonly string[],
    options: { readonly preferred: readonly string[] },
  ): string | undefined;
}

// x-gzip and x-compress are gzip and compress (RFC 9110 §8.4.1).
const OLDER_NAME = /\bx-(?=gzip|compress)/gi;
