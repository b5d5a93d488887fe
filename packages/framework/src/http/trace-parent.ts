/** The trace that a request is part of (W3C Trace Context §3.2). */
export interface TraceParent {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** The span of whoever sent the request: 16 hexadecimal digits. */
  readonly parentId: string;
  /** Whether the caller keeps its part of the trace. */
  readonly isSampled: boolean;
}

/** undefined for what is no traceparent: such a request begins a trace. */
export function parseTraceParent(field: string | undefined): TraceParent | undefined {
  const groups = TRACEPARENT.exec(field ?? '')?.groups;
  if (groups === undefined) return undefined;
  const { version, traceId = '', parentId = '', flags = '', rest } = groups;
  const isKnown = version !== 'ff' && (version !== '00' || rest === undefined);
  if (!isKnown || isZero(traceId) || isZero(parentId)) return undefined;
  return { traceId, parentId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

function isZero(id: string): boolean {
  return /^0+$/.test(id);
}

// traceparent = version "-" version-format, which later versions than 00 may make longer
// version-format = trace-id "-" parent-id "-" trace-flags = 32HEXDIGLC "-" 16HEXDIGLC "-" 2HEXDIGLC
const TRACEPARENT =
  /^(?<version>[\da-f]{2})-(?<traceId>[\da-f]{32})-(?<parentId>[\da-f]{16})-(?<flags>[\da-f]{2})(?<rest>-.*)?$/;
