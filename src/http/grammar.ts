/** The grammar that HTTP's fields are made of. Patterns match whole strings. */

// token = 1*tchar (RFC 9110 §5.6.2)
export const TOKEN: RegExp = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
