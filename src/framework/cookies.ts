/**
 * The cookies of a Cookie header (RFC 6265 §5.4). Of two with one name the first counts: it has the
 * longer path. Values are percent-decoded where they can be.
 */
export function parseCookies(header: string): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>();
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=');
    const name = pair.slice(0, Math.max(equals, 0)).trim();
    if (name && !cookies.has(name))
      cookies.set(name, decode(unquote(pair.slice(equals + 1).trim())));
  }
  return cookies;
}

// cookie-value = *cookie-octet / ( DQUOTE *cookie-octet DQUOTE ) (RFC 6265 §4.1.1)
function unquote(value: string): string {
  return /^"[^"]*"$/.test(value) ? value.slice(1, -1) : value;
}

function decode(value: string): string {
  if (!value.includes('%')) return value;
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
