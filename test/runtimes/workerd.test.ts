import { describeConformance } from '../../packages/wsgi/test/conformance.ts';
import { startRuntime } from './runtime.ts';

const serve = await startRuntime({
  entry: 'test/runtimes/worker.mjs',
  files: ['test/runtimes/workerd.capnp'],
  command: (port) => ['workerd', 'serve', 'workerd.capnp', `--socket-addr=http=127.0.0.1:${port}`],
});

describeConformance('workerd', serve);
