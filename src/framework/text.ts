import { quote } from '../wsgi/url.ts';

/**
 * Text from a string of bytes (PEP 3333 "Unicode Issues"), read as UTF-8. Bytes that are not
 * UTF-8 are percent-encoded again, as they came: `/bad\xff` gives `/bad%FF`.
 */
export function decodeText(latin1: string): string {
  if (IS_ASCII.test(latin1)) return latin1;
  const wellFormed = latin1.replaceAll(UTF8_OR_BYTE, (match, byte?: string) =>
    byte === undefined ? match : quote(byte),
  );
  return Buffer.from(wellFormed, 'latin1').toString('utf8');
}

const IS_ASCII = /^[^\x80-\xff]*$/;

// UTF8-octets = *( UTF8-char ) (RFC 3629 §4), else one byte, which is captured:
// UTF8-2 = %xC2-DF UTF8-tail
// UTF8-3 = %xE0 %xA0-BF UTF8-tail / %xE1-EC 2( UTF8-tail ) / %xED %x80-9F UTF8-tail / %xEE-EF 2( UTF8-tail )
// UTF8-4 = %xF0 %x90-BF 2( UTF8-tail ) / %xF1-F3 3( UTF8-tail ) / %xF4 %x80-8F 2( UTF8-tail )
const UTF8_OR_BYTE =
  /[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}|([\x80-\xff])/g;
