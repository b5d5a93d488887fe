import { describeConformance } from '../../packages/wsgi/test/conformance.ts';
import { startRuntime } from './runtime.ts';

const serve = await startRuntime({
  entry: 'docs/test/adapters/bun.mjs',
  command: () => ['bun', 'bun.mjs'],
});

describeConformance('Bun', serve);
