import { once } from 'node:events';
import { request, type OutgoingHttpHeaders } from 'node:http';
import type { Running } from './gateway-process.ts';

/** Asks on a connection of its own; of the application behaviours.ts, which process answers. */
export async function get(
  { port }: Running,
  path = '/pid',
  headers: OutgoingHttpHeaders = {},
): Promise<{ status: number; text: string }> {
  const sent = request({ port, path, headers, agent: false }).end();
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
