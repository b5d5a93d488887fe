import type { Protocol } from '../protocol.ts';
import { RequestParser } from './request-parser.ts';
import {
  CONTINUE,
  encodeOverload,
  encodeRefusal,
  HttpResponseEncoder,
} from './response-encoder.ts';

/** HTTP/1.0 and HTTP/1.1 (RFC 9112). */
export const HTTP1: Protocol = {
  isForProxies: false,
  open: (limits) => ({
    reader: new RequestParser(limits),
    interim: CONTINUE,
    isEndUntold: false,
    encoderFor: ({ protocol }) => new HttpResponseEncoder(protocol),
    encodeRefusal,
    encodeOverload,
  }),
};
