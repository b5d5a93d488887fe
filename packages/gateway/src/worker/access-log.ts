import type { DestinationStream } from 'pino';
import { PLAIN_TEXT } from '@wsgi/wsgi/headers';
import { escapeC1 } from '@wsgi/wsgi/log-line';
import { LogStream } from '@wsgi/wsgi/log-stream';
import { codeOf, type ProtocolError } from '@wsgi/wsgi/status';
import { terminalStream } from '../log/log.ts';
import type { Field } from '../protocols/http1/fields.ts';
import type { RequestHead } from '../protocols/http1/request-head.ts';
import type { RequestLine } from '../protocols/http1/request-line.ts';
import type { Settings } from '../settings/catalogue.ts';
import type { PeerFacts } from './environ.ts';

const STDOUT = 1;
/** As nginx: the client went away before there was a response. */
const CLIENT_WENT_AWAY = 499;

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
  { accesslog }: Pick<Settings, 'accesslog'>,
  sendResponses: () => void,
): AccessLog | undefined {
  if (accesslog === 'none') return undefined;
  return new AccessLog(terminalStream(STDOUT) ?? new LogStream(STDOUT, sendResponses));
}

/** One line of JSON a request. */
export class AccessLog {
  readonly #stream: DestinationStream;

  constructor(stream: DestinationStream) {
    this.#stream = stream;
  }

  // Every request has such a line, and its fields are always the same: written out here they cost a
  // fifth of what a logger takes that must look at any object.

  /** A request that was answered, or whose client went away before. */
  answered(
    { head, requestId, status, sentBytes, durationMs }: AnsweredRequest,
    peer: PeerFacts,
  ): void {
    const code = status === '' ? CLIENT_WENT_AWAY : codeOf(status);
    this.#stream.write(
      lineStart() +
        `,"request_id":"${requestId}","remote_addr":"${peer.remoteAddress}"` +
        `,"method":"${head.method}","target":${quotedTarget(head)},"protocol":"${head.protocol}"` +
        `,"host":"${head.host}","status":${code},"bytes":${sentBytes}` +
        `,"duration_ms":${Math.round(durationMs * 1000) / 1000}` +
        optionalField(',"referer":', head, 'referer') +
        optionalField(',"user_agent":', head, 'user-agent') +
        '}\n',
    );
  }

  /** A request that was refused; its first line is there where it could be understood. */
  refused(error: ProtocolError, peer: PeerFacts, line?: RequestLine): void {
    this.#stream.write(
      lineStart() +
        `,"remote_addr":"${peer.remoteAddress}"` +
        optional(',"method":', line?.method) +
        optional(',"target":', line?.target) +
        `,"status":${error.status},"reason":${quoted(error.message)}}\n`,
    );
  }
}

const PID = process.pid;

let startMs = 0;
let start = '';

/** Made once a millisecond, for all the requests that end in it. */
function lineStart(): string {
  const nowMs = Date.now();
  if (nowMs !== startMs) {
    startMs = nowMs;
    start = `{"level":"info","time":"${new Date(nowMs).toISOString()}","logger":"access","pid":${PID}`;
  }
  return start;
}

// Of targets and fields the parser has looked at each octet.

function quotedTarget({ target, isTargetPlain }: RequestLine): string {
  return isTargetPlain ? `"${target}"` : quoted(target);
}

/** Of several fields of a name the first. */
function optionalField(key: string, { fields }: RequestHead, name: string): string {
  const field: Field | undefined = fields.find((other) => other.name === name);
  if (field === undefined) return '';
  return field.isPlain ? `${key}"${field.value}"` : key + quoted(field.value);
}

function optional(key: string, value: string | undefined): string {
  return value === undefined ? '' : key + quoted(value);
}

function quoted(text: string): string {
  return PLAIN_TEXT.test(text) ? `"${text}"` : escapeC1(JSON.stringify(text));
}
