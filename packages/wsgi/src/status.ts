/**
 * The reason phrases of the registered status codes (RFC 9110 §15, the IANA registry). A table of our own:
 * importing `node:http` for it would cost each process 20 MB.
 */
const REASON_PHRASES: Readonly<Record<number, string>> = {
  100: 'Continue',
  101: 'Switching Protocols',
  102: 'Processing',
  103: 'Early Hints',
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  203: 'Non-Authoritative Information',
  204: 'No Content',
  205: 'Reset Content',
  206: 'Partial Content',
  207: 'Multi-Status',
  208: 'Already Reported',
  226: 'IM Used',
  300: 'Multiple Choices',
  301: 'Moved Permanently',
  302: 'Found',
  303: 'See Other',
  304: 'Not Modified',
  305: 'Use Proxy',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  402: 'Payment Required',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  407: 'Proxy Authentication Required',
  408: 'Request Timeout',
  409: 'Conflict',
  410: 'Gone',
  411: 'Length Required',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  416: 'Range Not Satisfiable',
  417: 'Expectation Failed',
  421: 'Misdirected Request',
  422: 'Unprocessable Content',
  423: 'Locked',
  424: 'Failed Dependency',
  425: 'Too Early',
  426: 'Upgrade Required',
  428: 'Precondition Required',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  451: 'Unavailable For Legal Reasons',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
  506: 'Variant Also Negotiates',
  507: 'Insufficient Storage',
  508: 'Loop Detected',
  511: 'Network Authentication Required',
};

/** `"Not Found"` for 404. */
export function reasonPhraseOf(code: number): string {
  return REASON_PHRASES[code] ?? 'Unknown';
}

/** RFC 9110 §15: `"404 Not Found"`, in the registry's words. */
export function statusLine(code: number): string {
  return STATUS_LINES[code] ?? `${code} ${reasonPhraseOf(code)}`;
}

const STATUS_LINES: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(REASON_PHRASES).map(([code, phrase]) => [code, `${code} ${phrase}`]),
);

/** 404 of `"404 Not Found"`. */
export function codeOf(status: string): number {
  return CODES.get(status) ?? Number(status.slice(0, 3));
}

const CODES: ReadonlyMap<string, number> = new Map(
  Object.entries(STATUS_LINES).map(([code, line]) => [line, Number(code)]),
);

/** RFC 9110 §6.4.1 and §15: responses that never have a body, whatever their headers say. */
export function forbidsBody(code: number): boolean {
  return code < 200 || code === 204 || code === 304;
}

/** A client sent what cannot be served: answered with `status`, then the connection is closed. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly status: number;
  /** The same, as some frameworks call it: one that catches the error answers with it. */
  readonly statusCode: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
    this.statusCode = status;
  }
}
