import { onTestFinished, vi } from 'vitest';
import { log } from '../src/logging.ts';

/** The lines that the framework logs during this test. */
export function capturedLog(): {
  level: string;
  fields: Record<string, unknown>;
  message: string;
}[] {
  const lines: ReturnType<typeof capturedLog> = [];
  for (const level of ['warn', 'error'] as const) {
    const spy = vi.spyOn(log, level).mockImplementation(((fields: object, message: string) => {
      lines.push({ level, fields: { ...fields }, message });
    }) as typeof log.error);
    onTestFinished(() => spy.mockRestore());
  }
  return lines;
}
