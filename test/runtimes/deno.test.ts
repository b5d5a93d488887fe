import { describeConformance } from '../../packages/wsgi/test/conformance.ts';
import { startRuntime } from './runtime.ts';

const serve = await startRuntime({
  entry: 'docs/test/adapters/deno.mjs',
  command: () => ['deno', 'run', '--allow-net', '--allow-env', 'deno.mjs'],
});

describeConformance('Deno', serve);
