import { posix } from 'node:path';
import { quotePath } from '../urls/script-prefix.ts';

/** A file of ours that a URL refers to, and how the URL is written around its name. */
interface OwnReference {
  /** The file's name below STATIC_URL. */
  readonly name: string;
  /** The URL with another file of the same folder in its place. */
  withName(name: string): string;
}

/**
 * What a URL in the file `from` refers to; `undefined` for what is not below STATIC_URL: other sites,
 * data, absolute paths elsewhere, and fragments of the file itself.
 */
export function ownReference(
  url: string,
  from: string,
  staticPrefix: string,
): OwnReference | undefined {
  const [, path = '', queryAndFragment = ''] = PATH.exec(url) ?? [];
  if (path === '' || path.startsWith('//') || SCHEME.test(path)) return undefined;
  const name = nameOf(decode(path), from, staticPrefix);
  if (name === undefined) return undefined;
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  return {
    name,
    withName: (other) => folder + quotePath(posix.basename(other)) + queryAndFragment,
  };
}

function nameOf(path: string, from: string, staticPrefix: string): string | undefined {
  if (path.startsWith(staticPrefix)) return posix.normalize(path.slice(staticPrefix.length));
  if (path.startsWith('/')) return undefined;
  const name = posix.join(posix.dirname(from), path);
  return name.startsWith('../') ? undefined : name;
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

// What comes before the query (also an empty one, as in ?#iefix) and the fragment.
const PATH = /^([^?#]*)([^]*)$/;

// scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ) ":" (RFC 3986 §3.1)
const SCHEME = /^[a-z][a-z0-9+.-]*:/i;
