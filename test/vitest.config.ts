import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    exclude: ['e2e/**', 'bench/**'],
    testTimeout: 15_000,
    hookTimeout: 30_000,
  },
});
