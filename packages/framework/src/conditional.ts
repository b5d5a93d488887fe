import { formatHttpDate } from './http/dates.ts';
import { evaluatePreconditions, type Validators } from './http/preconditions.ts';
import type { Awaitable } from '@wsgi/wsgi';
import type { HttpRequest } from './request.ts';
import { HttpResponse } from './response.ts';
import { named, type View } from './urls/path.ts';

/**
 * A view that is not called where the client has its answer already (304), or where it would change
 * what has changed meanwhile (412). `validatorsOf` tells the state by an ETag, a date, or both, which
 * become headers of what is read, and by neither where there is nothing yet (RFC 9110 §13).
 */
export function conditional<Params>(
  validatorsOf: (request: HttpRequest, params: Params) => Awaitable<Validators>,
  view: View<Params>,
): View<Params> {
  return named(view, async (request, params) => {
    const validators = await validatorsOf(request, params);
    const result = evaluatePreconditions(request.method, request.headers, validators);
    if (result === 'failed') return new HttpResponse('', { status: 412 });
    if (result === 'not-modified') {
      return withValidators(new HttpResponse('', { status: 304 }), validators);
    }
    const response = await view(request, params);
    // After a change, what was known before it holds no longer.
    const isCurrent = request.isRead && response.status === 200;
    return isCurrent ? withValidators(response, validators) : response;
  });
}

function withValidators(response: HttpResponse, { etag, modified }: Validators): HttpResponse {
  if (etag !== undefined) response.headers.setDefault('ETag', etag);
  if (modified) response.headers.setDefault('Last-Modified', formatHttpDate(modified));
  return response;
}
