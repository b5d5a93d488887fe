import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  cacheDir: '../node_modules/.vite',
  test: {
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    exclude: ['e2e/**', 'bench/**', 'load/**'],
    globalSetup: 'compile-cache.ts',
    env: { SETTINGS_MODULE: 'myproject.settings' },
    // Many tests wait for processes more than they compute.
    maxWorkers: availableParallelism() + 1,
    // What never comes fails late: what comes may be late, too, where the machine is busy.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 15_000 } },
  },
});
