import { defineConfig } from 'vitest/config';

export default defineConfig({
  cacheDir: '../node_modules/.vite',
  test: {
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    exclude: ['e2e/**', 'bench/**', 'load/**'],
    globalSetup: 'compile-cache.ts',
    env: { SETTINGS_MODULE: 'myproject.settings' },
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});
