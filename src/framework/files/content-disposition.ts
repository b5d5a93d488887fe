/**
 * RFC 6266: whether a browser shows a file or saves it, and under which name. A name that is not
 * plain ASCII goes out twice: for everyone as RFC 8187 has it, and simplified for old clients.
 */
export function contentDisposition(type: 'inline' | 'attachment', filename?: string): string {
  if (filename === undefined) return type;
  const name = filename.toWellFormed().replaceAll(CONTROL_CHARACTERS, '_');
  if (IS_PLAIN.test(name)) return `${type}; filename=${quoted(name)}`;
  const simplified = name.replaceAll(/[^\x20-\x7e]/gu, '_').replaceAll('%', '_');
  return `${type}; filename=${quoted(simplified)}; filename*=UTF-8''${encodeExtended(name)}`;
}

// quoted-string = DQUOTE *( qdtext / quoted-pair ) DQUOTE (RFC 9110 §5.6.4)
function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

// attr-char lacks these, which encodeURIComponent leaves as they are (RFC 8187 §3.2.1)
function encodeExtended(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

const CONTROL_CHARACTERS = /\p{Cc}/gu;

// ASCII, and no %, which some clients decode.
const IS_PLAIN = /^[\x20-\x24\x26-\x7e]*$/;
