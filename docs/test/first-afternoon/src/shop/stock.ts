import { setTimeout as sleep } from 'node:timers/promises';
import {
  eventStream,
  type HttpRequest,
  type HttpResponse,
  type ServerSentEvent,
} from '@wsgi/framework';

export function stock({ signal }: HttpRequest): HttpResponse {
  return eventStream(sellOut(signal), { signal });
}

async function* sellOut(signal: AbortSignal): AsyncGenerator<ServerSentEvent> {
  for (let left = 3; left >= 0; left--) {
    yield { event: 'stock', data: JSON.stringify({ left }) };
    await sleep(100, undefined, { signal });
  }
}
