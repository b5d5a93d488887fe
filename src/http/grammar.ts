/** The grammar that HTTP's fields are made of. Patterns match whole strings; bytes are latin1. */

// token = 1*tchar (RFC 9110 §5.6.2)
export const TOKEN: RegExp = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

// field-value = *( field-vchar [ 1*( SP / HTAB / field-vchar ) field-vchar ] ) (RFC 9110 §5.5)
// without the surrounding white space, which is not part of the value.
export const FIELD_VALUE: RegExp =
  /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/;

// reason-phrase = 1*( HTAB / SP / VCHAR / obs-text ) (RFC 9112 §4)
export const STATUS: RegExp = /^[1-9][0-9]{2} [\t\x20-\x7e\x80-\xff]*$/;
