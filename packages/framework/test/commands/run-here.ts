import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { vi } from 'vitest';
import type { Command } from '../../src/commands/command.ts';
import { runCommand } from '../../src/commands.ts';
import type { Outcome } from './manage-process.ts';

/** Runs a command in this process: one of its own takes half a second to start. */
export async function runHere(
  args: readonly string[],
  own: readonly Command[] = [],
): Promise<Outcome> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const spies = [
    vi.spyOn(process, 'stdout', 'get').mockReturnValue(stdout as never),
    vi.spyOn(process, 'stderr', 'get').mockReturnValue(stderr as never),
  ];
  try {
    const code = await runCommand(args, own);
    return { code, stdout: await text(stdout.end()), stderr: await text(stderr.end()) };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
