/** The grammar that HTTP's fields are made of. Patterns match whole strings. */

// token = 1*tchar (RFC 9110 §5.6.2)
export const TOKEN: RegExp = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

// qdtext (RFC 9110 §5.6.4) without HTAB and latin1's control characters; JSON leaves it as it is, too
// (unescaped, RFC 8259 §7).
export const PLAIN_TEXT: RegExp = /^[\x20\x21\x23-\x5b\x5d-\x7e\xa0-\xff]*$/;
