import type { ErrorHandler } from '../framework/error-handlers.ts';
import { html } from '../framework/html.ts';
import { htmlResponse } from '../framework/response.ts';
import { settings } from '../framework/settings.ts';

export const notFound: ErrorHandler = (request) =>
  htmlResponse(
    html`<!doctype html>
      <title>Not here: ${settings.SHOP_NAME}</title>
      <h1>We do not have ${request.path}</h1>`,
  );
