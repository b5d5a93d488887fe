import { runApplication } from '../wsgi/run.ts';
import type { Application, HeaderList } from '../wsgi/types.ts';
import { buildEnviron, type RequestFacts } from './environ.ts';
import { FetchResponseSink } from './fetch-handler/response-sink.ts';
import { checkOptions, printError, type HandlerOptions } from './handler-options.ts';

/** The Fetch API does not tell who sent a request; the server around it may. */
export interface Peer {
  readonly remoteAddress?: string;
}

/**
 * An application as what answers the Fetch API's requests: `Deno.serve(fetchHandler(application))`.
 *
 * @throws where `scriptName` is not the path of a mount point.
 */
export function fetchHandler(
  application: Application,
  options: HandlerOptions = {},
): (request: Request, peer?: Peer) => Promise<Response> {
  const { onError = printError } = options;
  checkOptions(options);
  return (request, { remoteAddress = '' } = {}) => {
    const sink = new FetchResponseSink(request.signal, (error) => onError(error, environ));
    const environ = buildEnviron(factsOf(request, remoteAddress, sink.signal), options);
    void runApplication(application, environ, sink);
    return sink.response;
  };
}

function factsOf(request: Request, remoteAddress: string, signal: AbortSignal): RequestFacts {
  const { protocol, hostname, port, host, pathname, search } = new URL(request.url);
  const isSecure = protocol === 'https:';
  return {
    method: request.method,
    target: pathname + search,
    protocol: 'HTTP/1.1',
    scheme: isSecure ? 'https' : 'http',
    addresses: {
      SERVER_NAME: hostname,
      SERVER_PORT: port || (isSecure ? '443' : '80'),
      REMOTE_ADDR: remoteAddress,
    },
    headers: headersOf(request, host),
    pull: piecesOf(request),
    signal,
  };
}

/** With those that a server may keep to itself. */
function headersOf({ headers, body }: Request, host: string): HeaderList {
  const list: HeaderList = [...headers];
  if (!headers.has('host')) list.push(['host', host]);
  const isFramed = headers.has('content-length') || headers.has('transfer-encoding');
  if (body !== null && !isFramed) list.push(['transfer-encoding', 'chunked']);
  return list;
}

function piecesOf({ body }: Request): RequestFacts['pull'] {
  const reader = body?.getReader();
  return async () => (await reader?.read())?.value;
}
