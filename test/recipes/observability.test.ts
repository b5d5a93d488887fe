import { expect, inject, test } from 'vitest';
import { Kitchen } from './kitchen.ts';

const { folder, environment } = inject('kitchen');
const kitchen = new Kitchen(folder, environment);

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly status: { readonly code: number };
  readonly events: readonly { readonly name: string }[];
}

interface Export {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly { readonly spans: readonly Span[] }[];
  }[];
}

async function spansOf(trace: string): Promise<Span[]> {
  const logs = await kitchen.run('docker compose logs --no-log-prefix collector');
  return logs
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .flatMap((line) => (JSON.parse(line) as Export).resourceSpans)
    .flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
    .filter(({ traceId }) => traceId === trace);
}

test('a request is one tree of spans, within the trace that it came with', async () => {
  const headers = { traceparent: `00-${TRACE}-${PARENT}-01` };
  expect((await kitchen.ask('/count/', { headers })).status).toBe(200);
  await expect.poll(() => spansOf(TRACE)).toHaveLength(2);
  const spans = await spansOf(TRACE);
  const root = spans.find(({ name }) => name === 'GET');
  expect(root?.parentSpanId).toBe(PARENT);
  expect(spans.find(({ name }) => name === 'count the notes')?.parentSpanId).toBe(root?.spanId);
});

test('its lines in the log have the id of the trace', async () => {
  const logs = await kitchen.run('docker compose logs --no-log-prefix app');
  const [line = ''] = logs.split('\n').filter((text) => text.includes('"counted"'));
  expect(JSON.parse(line)).toMatchObject({ trace_id: TRACE, request_id: expect.any(String) });
});

test('a fault is an event of its span, and the span failed', async () => {
  const trace = TRACE.replace('4bf', 'bad');
  const headers = { traceparent: `00-${trace}-${PARENT}-01` };
  expect((await kitchen.ask('/fail/', { headers })).status).toBe(500);
  await expect.poll(() => spansOf(trace)).toHaveLength(1);
  expect(await spansOf(trace)).toMatchObject([
    { status: { code: 2 }, events: [{ name: 'exception' }] },
  ]);
});
