import { defineConfig } from 'vitest/config';
import { isLong } from './figures.ts';

// Files run one after the other, so that no figure is of two loads at once.
export default defineConfig({
  cacheDir: '../../node_modules/.vite',
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    root: import.meta.dirname,
    globalSetup: '../../packages/wsgi/test/child-environment.ts',
    include: ['**/*.test.ts'],
    // A soak has no short form, a swarm is the whole engine's, and pods take minutes to come and go.
    exclude: isLong ? [] : ['soak.test.ts', 'swarm.test.ts', 'kubernetes.test.ts'],
    fileParallelism: false,
    testTimeout: isLong ? 400_000 : 60_000,
    hookTimeout: 60_000,
  },
});
