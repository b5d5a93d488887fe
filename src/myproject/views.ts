import { setTimeout as sleep } from 'node:timers/promises';
import { htmlResponse, type HttpRequest, HttpResponse, jsonResponse } from '@wsgi/framework';
import { welcomePage } from './welcome.ts';

/** The first page. Replace it with your own. */
export function welcome(request: HttpRequest): HttpResponse {
  return htmlResponse(welcomePage(request));
}

/** JSON, with a parameter from the path: the pattern made it a number. */
export function item(_request: HttpRequest, { id }: { id: number }): HttpResponse {
  return jsonResponse({ id, name: `Item ${id}` });
}

/** A body that is sent as it is made; it ends early when the client goes away. */
export function stream(request: HttpRequest): HttpResponse {
  return new HttpResponse(countToFive(request.signal));
}

async function* countToFive(signal: AbortSignal): AsyncGenerator<string> {
  for (let number = 1; number <= 5; number++) {
    yield `${number} of 5\n`;
    await sleep(200, undefined, { signal });
  }
}
