import type { ProtocolName } from '../settings/addresses.ts';
import { FASTCGI } from './fastcgi/fastcgi.ts';
import { HTTP1 } from './http1/http1.ts';
import type { Protocol } from './protocol.ts';
import { SCGI } from './scgi/scgi.ts';
import { UWSGI } from './uwsgi/uwsgi.ts';

/** By the name that they have in the settings. */
export const PROTOCOLS: Readonly<Record<ProtocolName, Protocol>> = {
  http: HTTP1,
  uwsgi: UWSGI,
  scgi: SCGI,
  fastcgi: FASTCGI,
};
