#!/usr/bin/env -S node --enable-source-maps
await import('@wsgi/gateway/cli').catch((error) => {
  if (error.code !== 'ERR_MODULE_NOT_FOUND' || !error.url?.endsWith('/dist/cli.js')) throw error;
  process.stderr.write('gateway: it is not built yet: run `npm run build`.\n');
  process.exitCode = 1;
});
