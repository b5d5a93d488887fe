import { defineConfig } from 'vitest/config';

// All recipes are put into one fresh clone, whose stack serves all files.
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['*.test.ts'],
    globalSetup: './global-setup.ts',
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 15_000 } },
  },
});
