/** Directives and their sources: `{ 'script-src': ["'self'", CSP_NONCE] }`. */
export type Policy = Readonly<Record<string, readonly string[]>>;

/** Among a policy's sources: the nonce of the request, where a view asked for `request.cspNonce`. */
export const CSP_NONCE = '<nonce>';

/** The header's value (Content Security Policy Level 3 §2.2), `''` for a policy without directives. */
export function renderPolicy(policy: Policy, nonce?: string): string {
  const own = nonce === undefined ? [] : `'nonce-${nonce}'`;
  return Object.entries(policy)
    .map(([directive, sources]) =>
      [directive, ...sources.flatMap((source) => (source === CSP_NONCE ? own : source))].join(' '),
    )
    .join('; ');
}
