import { expect, test } from 'vitest';
import { parseTraceParent } from '../../src/http/trace-parent.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';

// Those of W3C Trace Context §3.2.
test.for([
  [`00-${TRACE}-${PARENT}-01`, true],
  [`00-${TRACE}-${PARENT}-00`, false],
  [`00-${TRACE}-${PARENT}-03`, true],
  [`cc-${TRACE}-${PARENT}-01-what-the-future-will-be-like`, true],
] as const)('%s is part of a trace', ([field, isSampled]) => {
  expect(parseTraceParent(field)).toEqual({ traceId: TRACE, parentId: PARENT, isSampled });
});

test.for([
  undefined,
  '',
  `00-${TRACE}-${PARENT}`,
  `00-${TRACE}-${PARENT}-01-more`,
  `cc-${TRACE}-${PARENT}-01.what`,
  `ff-${TRACE}-${PARENT}-01`,
  `00-${TRACE.toUpperCase()}-${PARENT}-01`,
  `00-${'0'.repeat(32)}-${PARENT}-01`,
  `00-${TRACE}-${'0'.repeat(16)}-01`,
  `00-${TRACE}-${PARENT}-01,00-${TRACE}-${PARENT}-01`,
])('%j is none', (field) => {
  expect(parseTraceParent(field)).toBeUndefined();
});
