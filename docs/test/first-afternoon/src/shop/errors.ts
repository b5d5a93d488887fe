import { type ErrorHandler, html, htmlResponse } from '@wsgi/framework';
import { settings } from '@wsgi/framework/settings';

export const notFound: ErrorHandler = (request) => {
  if (request.accepts(['text/html', 'application/json']) !== 'text/html') return undefined;
  return htmlResponse(
    html`<!doctype html>
      <title>Not here: ${settings.SHOP_NAME}</title>
      <h1>We do not have ${request.path}</h1>`,
  );
};
