/**
 * The gateway interface of PEP 3333, made async: the whole contract between a server and an
 * application. Keys and names are the specification's own.
 */

/** Bytes of a body. */
export type Bytes = Uint8Array;
/** What is there now, or comes later. */
export type Awaitable<T> = T | Promise<T>;

/** PEP 3333 "The start_response() Callable": `[name, value]` pairs, repeats allowed, latin1. */
export type HeaderList = [name: string, value: string][];

/** PEP 3333 `exc_info`. Boxed, so that `throw undefined` still counts as an error. */
export type ExcInfo = [error: unknown];

/** PEP 3333 "The write() Callable": resolves once the socket can take more. */
export type Write = (data: Bytes) => Promise<void>;

/**
 * PEP 3333 "The start_response() Callable". Synchronous, so that it throws while the application runs.
 *
 * @param status `"200 OK"`: three digits, a space, a reason phrase.
 * @throws on a second call without `excInfo`; with `excInfo`, the boxed error once headers were sent.
 */
export type StartResponse = (status: string, headers: HeaderList, excInfo?: ExcInfo) => Write;

/** PEP 3333 "The Application/Framework Side": what an application returns. The server calls `close`. */
export type Body = (Iterable<Bytes> | AsyncIterable<Bytes>) & { close?(): Awaitable<void> };

/** PEP 3333 "The Application/Framework Side". Called again and again, with two positional arguments. */
export type Application = (environ: Environ, startResponse: StartResponse) => Awaitable<Body>;

/** PEP 3333 "Input and Error Streams": empty bytes mark the end of the body. */
export interface InputStream extends AsyncIterable<Bytes> {
  /** At most `size` bytes, all that remain without one. */
  read(size?: number): Promise<Bytes>;
  /** One line with its `\n`, at most `size` bytes of it. */
  readline(size?: number): Promise<Bytes>;
  /** All lines, or, with a hint, lines of about that many bytes in total. */
  readlines(hint?: number): Promise<Bytes[]>;
}

/** PEP 3333 "Input and Error Streams": text, any Unicode; ends up in the server's log. */
export interface ErrorStream {
  write(text: string): void;
  writelines(lines: Iterable<string>): void;
  flush(): Awaitable<void>;
}

/** PEP 3333 "Optional Platform-Specific File Handling". */
export type FileWrapper = (file: FileLike, blockSizeBytes?: number) => Body;
/** What a `FileWrapper` reads. */
export interface FileLike {
  read(size?: number): Awaitable<Bytes>;
  close?(): unknown;
}

/**
 * PEP 3333 "environ Variables". A plain object, fresh for each request.
 * Strings hold bytes, one code point ≤ U+00FF each; decode text with `Buffer.from(s, 'latin1')`.
 */
export interface Environ {
  REQUEST_METHOD: string;
  /** Where the application is mounted: `''` or `/prefix`. */
  SCRIPT_NAME: string;
  /** The rest of the path, percent-decoded: `''` or `/…`. */
  PATH_INFO: string;
  /** What follows `?`, still encoded. */
  QUERY_STRING: string;
  CONTENT_TYPE: string;
  /** Decimal digits, or `''` where the request declares no length. */
  CONTENT_LENGTH: string;
  SERVER_NAME: string;
  SERVER_PORT: string;
  /** The client's version, as `HTTP/1.1`. */
  SERVER_PROTOCOL: string;
  SERVER_SOFTWARE?: string;

  /** The peer's address, `''` for a unix socket. */
  REMOTE_ADDR?: string;
  REMOTE_PORT?: string;
  /** The request target as it came. */
  RAW_URI?: string;
  REQUEST_URI?: string;

  /** One for each request header, there exactly when the header was. */
  [field: `HTTP_${string}`]: string | undefined;

  'wsgi.version': readonly [1, 0];
  'wsgi.url_scheme': string;
  'wsgi.input': InputStream;
  'wsgi.errors': ErrorStream;
  /** More than one request may be in flight in this process. */
  'wsgi.multithread': boolean;
  /** Other processes may serve the same application. */
  'wsgi.multiprocess': boolean;
  'wsgi.run_once': boolean;
  /** `wsgi.input` ends by itself, also without CONTENT_LENGTH. */
  'wsgi.input_terminated'?: boolean;
  'wsgi.file_wrapper'?: FileWrapper;

  // The gateway's own; undefined on other servers, but for the signal and the field lines.

  /** Identifies the request in every log: a trusted proxy's X-Request-ID, or made by the server. */
  'gateway.request_id'?: string | undefined;
  /**
   * Gives the signal that aborts when the client goes away before the response is complete. A
   * function, as most applications never ask, and a signal is costly to make.
   */
  'gateway.signal'?: () => AbortSignal;
  /** Gives the header fields of the request as they came: each line, in its order and its case. */
  'gateway.field_lines'?: () => HeaderList;
  /**
   * Asks that the connection closes after the response, which is the server's to do and to say (PEP 3333
   * "Other HTTP Features"). It counts before the head is sent, and is about the peer: nginx, if that is in front.
   */
  'gateway.close_connection'?: (() => void) | undefined;
  /** The worker is finishing its last requests: health checks should fail. */
  'gateway.draining'?: boolean | undefined;
  /** The process that serves the request. */
  'gateway.worker'?: WorkerIdentity | undefined;

  /** Extensions are lower-case and dotted, with their owner's prefix. */
  [extension: `${string}.${string}`]: unknown;
}

/** The worker of the gateway that calls the application. */
export interface WorkerIdentity {
  /** 1 for the first worker that the arbiter started, counting on with each. */
  readonly number: number;
  readonly pid: number;
}
