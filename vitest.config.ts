import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'yours',
          include: ['test/**/*.test.ts'],
          exclude: ['test/{e2e,load,recipes,runtimes}/**'],
          setupFiles: 'test/setup.ts',
        },
      },
      {
        extends: true,
        test: {
          name: 'the machine',
          include: ['packages/*/test/**/*.test.ts', 'docs/*.test.ts'],
        },
      },
    ],
    globalSetup: 'packages/wsgi/test/child-environment.ts',
    // Many tests wait for processes more than they compute.
    maxWorkers: availableParallelism() * 2,
    // What never comes fails late: what comes may be late, too, where the machine is busy.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 15_000 } },
  },
});
