import type { DestinationStream } from 'pino';
import { PLAIN_TEXT } from '@wsgi/wsgi/headers';
import { escapeC1 } from '@wsgi/wsgi/log-line';
import { LogStream } from '@wsgi/wsgi/log-stream';
import { codeOf, type ProtocolError } from '@wsgi/wsgi/status';
import { terminalStream } from '../log/log.ts';
import type { Field } from '../protocols/http1/fields.ts';
import type { RequestHead, RequestLine } from '../protocols/protocol.ts';
import type { Settings } from '../settings/catalogue.ts';

const STDOUT = 1;
/** As nginx: the client went away before it had the response. */
const CLIENT_WENT_AWAY = 499;

/**
 * The most of what clients send, escapes included: a line stays below what a pipe takes in one piece
 * (POSIX PIPE_BUF, 4096 bytes on Linux), also where each character of a field takes two bytes.
 */
const TARGET_LENGTH_MAX = 1024;
const FIELD_LENGTH_MAX = 512;
const HOST_LENGTH_MAX = 255;
const METHOD_LENGTH_MAX = 64;
/** What stands where something was cut off. */
const CUT = '…';

/** A request and its response, as the access log tells of them. */
interface AnsweredRequest {
  readonly head: RequestHead;
  readonly requestId: string;
  /** `''` where the client went away before. */
  readonly status: string;
  readonly sentBytes: number;
  readonly durationMs: number;
}

/**
 * Undefined where no access log is wanted.
 *
 * @param sendResponses sends those that wait: none is in the log before it has left.
 */
export function openAccessLog(
  { accesslog, accesslogSkip }: Pick<Settings, 'accesslog' | 'accesslogSkip'>,
  workerNumber: number,
  sendResponses: () => void,
): AccessLog | undefined {
  if (accesslog === 'none') return undefined;
  const stream = terminalStream(STDOUT) ?? new LogStream(STDOUT, sendResponses);
  return new AccessLog(stream, workerNumber, accesslogSkip);
}

/** One line of JSON a request. */
export class AccessLog {
  readonly #stream: DestinationStream;
  readonly #skippedPaths: readonly string[];
  readonly #place: string;
  #startMs = 0;
  #start = '';

  /** @param skippedPaths of health checks, which are told of only where they fail. */
  constructor(
    stream: DestinationStream,
    workerNumber: number,
    skippedPaths: readonly string[] = [],
  ) {
    this.#stream = stream;
    this.#skippedPaths = skippedPaths;
    this.#place = `,"logger":"access","pid":${process.pid},"worker":${workerNumber}`;
  }

  // Every request has such a line, and its fields are always the same: written out here they cost a
  // fifth of what a logger takes that must look at any object.

  /** A request that was answered, or whose client went away before. */
  answered(
    { head, requestId, status, sentBytes, durationMs }: AnsweredRequest,
    clientAddress: string,
  ): void {
    const code = status === '' ? CLIENT_WENT_AWAY : codeOf(status);
    if (code < 300 && this.#skippedPaths.includes(head.path)) return;
    this.#stream.write(
      this.#lineStart() +
        `,"request_id":"${requestId}","remote_addr":"${clientAddress}"` +
        `,"method":"${clipped(head.method, METHOD_LENGTH_MAX)}","target":${quotedTarget(head)}` +
        `,"protocol":"${head.protocol}","host":"${clipped(head.host, HOST_LENGTH_MAX)}"` +
        `,"status":${code},"bytes":${sentBytes}` +
        `,"duration_seconds":${Math.round(durationMs * 1000) / 1_000_000}` +
        optionalField(',"referer":', head, 'referer') +
        optionalField(',"user_agent":', head, 'user-agent') +
        '}\n',
    );
  }

  /** A request that was refused; its first line is there where it could be understood. */
  refused(error: ProtocolError, clientAddress: string, line?: RequestLine): void {
    this.#stream.write(
      this.#lineStart() +
        `,"remote_addr":"${clientAddress}"` +
        optional(',"method":', line?.method, METHOD_LENGTH_MAX) +
        optional(',"target":', line?.target, TARGET_LENGTH_MAX) +
        `,"status":${error.status},"reason":${quoted(error.message, FIELD_LENGTH_MAX)}}\n`,
    );
  }

  /** Made once a millisecond, for all the requests that end in it. */
  #lineStart(): string {
    const nowMs = Date.now();
    if (nowMs !== this.#startMs) {
      this.#startMs = nowMs;
      this.#start = `{"level":"info","time":"${new Date(nowMs).toISOString()}"${this.#place}`;
    }
    return this.#start;
  }
}

// Of targets and fields the parser has looked at each octet.

function quotedTarget({ target, isTargetPlain }: RequestHead): string {
  const isAsItIs = isTargetPlain && target.length <= TARGET_LENGTH_MAX;
  return isAsItIs ? `"${target}"` : quoted(target, TARGET_LENGTH_MAX);
}

/** Of several fields of a name the first. */
function optionalField(key: string, { fields }: RequestHead, name: string): string {
  const field: Field | undefined = fields.find((other) => other.name === name);
  if (field === undefined) return '';
  const isAsItIs = field.isPlain && field.value.length <= FIELD_LENGTH_MAX;
  return key + (isAsItIs ? `"${field.value}"` : quoted(field.value, FIELD_LENGTH_MAX));
}

function optional(key: string, value: string | undefined, lengthMax: number): string {
  return value === undefined ? '' : key + quoted(value, lengthMax);
}

/** As a text of JSON that is no longer than that, but for the quotes and the mark of a cut. */
function quoted(text: string, lengthMax: number): string {
  let json = quotedWhole(clipped(text, lengthMax));
  // What has to be escaped takes two characters, or six.
  for (let end = lengthMax; json.length > lengthMax + 3;) {
    end = Math.floor((end * lengthMax) / json.length);
    json = quotedWhole(text.slice(0, end) + CUT);
  }
  return json;
}

function quotedWhole(text: string): string {
  return PLAIN_TEXT.test(text) ? `"${text}"` : escapeC1(JSON.stringify(text));
}

function clipped(text: string, lengthMax: number): string {
  return text.length <= lengthMax ? text : text.slice(0, lengthMax) + CUT;
}

/** A target as other lines tell of it. */
export function clippedTarget(target: string): string {
  return clipped(target, TARGET_LENGTH_MAX);
}
