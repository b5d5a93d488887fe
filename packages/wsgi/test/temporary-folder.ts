import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder of the test's own, that goes with it. */
export function temporaryFolder(parent: string = tmpdir()): string {
  const path = mkdtempSync(join(parent, 'gateway-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
