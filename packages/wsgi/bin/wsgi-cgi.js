#!/usr/bin/env -S node --enable-source-maps
await import('@wsgi/wsgi/cgi-command').catch((error) => {
  if (error.code !== 'ERR_MODULE_NOT_FOUND' || !error.url?.endsWith('/dist/cgi-command.js'))
    throw error;
  process.stderr.write('wsgi-cgi: it is not built yet: run `npm run build`.\n');
  process.exitCode = 1;
});
