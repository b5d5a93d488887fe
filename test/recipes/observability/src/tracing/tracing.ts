import { context, type Context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import {
  type Handler,
  type HttpRequest,
  type Lifespan,
  type Middleware,
  onError,
  whenReady,
} from '@wsgi/framework';

const tracer = trace.getTracer('myproject');
let provider: NodeTracerProvider | undefined;

/** Without OTEL_EXPORTER_OTLP_ENDPOINT nothing is recorded; other OTEL_ variables hold as everywhere. */
export const tracingLifespan: Lifespan = {
  startup() {
    if (!process.env['OTEL_EXPORTER_OTLP_ENDPOINT']) return;
    provider = new NodeTracerProvider({
      spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
    });
    provider.register();
  },
  async shutdown() {
    await provider?.shutdown();
    provider = undefined;
  },
};

/** A span for each request, within the trace that it came with. */
export const tracing: Middleware = (getResponse: Handler): Handler => {
  return (request) => {
    const parent = parentOf(request);
    const attributes = {
      'http.request.method': request.method,
      'url.path': request.path,
      'request.id': request.id,
    };
    const span = tracer.startSpan(request.method, { kind: SpanKind.SERVER, attributes }, parent);
    return context.with(trace.setSpan(parent, span), () =>
      whenReady(getResponse(request), (response) => {
        span.setAttribute('http.response.status_code', response.status);
        if (response.status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
        span.end();
        return response;
      }),
    );
  };
};

/** A part of what a request does: `await traced('load the order', () => loadOrder(id))`. */
export function traced<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  return tracer.startActiveSpan(name, (span) => work().finally(() => span.end()));
}

function parentOf({ traceParent }: HttpRequest): Context {
  if (traceParent === undefined) return context.active();
  const { traceId, parentId, isSampled } = traceParent;
  const remote = { traceId, spanId: parentId, traceFlags: Number(isSampled), isRemote: true };
  return trace.setSpanContext(context.active(), remote);
}

// What reports errors elsewhere hangs in here, too: Sentry.captureException(error).
onError((error) => trace.getActiveSpan()?.recordException(error));
