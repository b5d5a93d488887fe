import { encodeOverload, encodeRefusal } from '../cgi/response-encoder.ts';
import type { Protocol } from '../protocol.ts';
import { FastCgiReader } from './request-reader.ts';
import { encodeText, FastCgiResponseEncoder } from './response-encoder.ts';

/** FastCGI 1.0, as a responder; one request of a connection after the other. */
export const FASTCGI: Protocol = {
  isForProxies: true,
  open(limits, line) {
    const reader = new FastCgiReader(limits, line);
    return {
      reader,
      interim: '',
      isEndUntold: true,
      encoderFor: () => new FastCgiResponseEncoder(reader.requestId),
      encodeRefusal: (error, requestLine) =>
        reader.requestId === 0
          ? ''
          : encodeText(reader.requestId, encodeRefusal('Status: ', error, requestLine)),
      encodeOverload: () => encodeText(reader.requestId, encodeOverload('Status: ')),
    };
  },
};
