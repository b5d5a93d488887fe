import type { Config } from '../settings/catalogue.ts';
import type { Log } from '../log/log.ts';
import { openControlSocket } from './control-socket.ts';
import type { Report } from './report.ts';

/**
 * Answers who asks for the figures, until the process exits.
 *
 * @throws {ConfigError} where the metrics' address cannot be bound.
 */
export async function serveFigures(
  { controlSocket, metricsBind }: Config,
  log: Log,
  report: () => Report,
): Promise<void> {
  if (controlSocket !== 'none') await openControlSocket(controlSocket, log, report);
  if (metricsBind === undefined) return;
  // Imported where it is wanted: it brings `node:http`, and that takes 20 MB.
  const { serveMetrics } = await import('./metrics-server.ts');
  await serveMetrics(metricsBind, log, report);
}
