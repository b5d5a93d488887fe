import type { ErrorHandler } from '../../src/urls/urlconf.ts';
import { html } from '../../src/html.ts';
import { htmlResponse, HttpResponse } from '../../src/response.ts';

export const urlpatterns = [];

export const handler400: ErrorHandler = () => new HttpResponse('own 400', { status: 422 });
export const handler403: ErrorHandler = () => Promise.resolve(new HttpResponse('own 403'));
export const handler404: ErrorHandler = (request, error) =>
  htmlResponse(html`own 404 for ${request.path}: ${error.message}`);
export const handler500: ErrorHandler = () => {
  throw new Error('the handler is broken too');
};
