import { once } from 'node:events';
import { request, type ClientRequest, type OutgoingHttpHeaders } from 'node:http';
import type { Running } from './gateway-process.ts';

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Asks on a connection of its own; of the application behaviours.ts, which process answers. */
export async function get(
  { port }: Running,
  path = '/pid',
  headers: OutgoingHttpHeaders = {},
): Promise<Answer> {
  return answerTo(request({ port, path, headers, agent: false }).end());
}

/** A request to behaviours.ts that stays in flight until it is released. */
export function hold({ port }: Running): { answer: Promise<Answer>; release: () => void } {
  const headers = { 'Content-Length': 1 };
  const sent = request({ port, path: '/read', method: 'POST', headers, agent: false });
  sent.flushHeaders();
  return { answer: answerTo(sent), release: () => void sent.end('x') };
}

async function answerTo(sent: ClientRequest): Promise<Answer> {
  const [response] = await once(sent, 'response');
  let text = '';
  for await (const piece of response) text += String(piece);
  return { status: response.statusCode, text };
}

/** What the application environ.ts tells of the request's environ. */
export async function environOf(
  gateway: Running,
  path = '/',
  headers: OutgoingHttpHeaders = {},
): Promise<Record<string, unknown>> {
  const { text } = await get(gateway, path, headers);
  return JSON.parse(text) as Record<string, unknown>;
}
