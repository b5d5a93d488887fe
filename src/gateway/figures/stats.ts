import { parseWords } from '../settings/command-line.ts';
import { askGateway, SOCKET_OPTION } from './control-client.ts';
import { pageOf } from './page.ts';

/** The text that `gateway stats [--socket PATH] [--json]` prints: the figures of a running gateway, once. */
export async function stats(args: string[]): Promise<string> {
  const { values } = parseWords({ args, options: { ...SOCKET_OPTION, json: { type: 'boolean' } } });
  const report = await askGateway(values.socket);
  if (values.json) return `${JSON.stringify(report, null, 2)}\n`;
  const { summary, heading, rows } = pageOf(report);
  return [...summary, '', heading, ...rows, ''].join('\n');
}
