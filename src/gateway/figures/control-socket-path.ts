import { readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const DEFAULT_NAME = /^gateway-\d+\.sock$/;

/** Where the gateways of this user listen, or did: what somebody else put there is not to be believed. */
export function defaultControlSockets(): string[] {
  return namesInFolder()
    .filter((name) => DEFAULT_NAME.test(name))
    .map((name) => join(tmpdir(), name))
    .filter(isOwnSocket);
}

/** The folder that TMPDIR names need not be there. */
function namesInFolder(): string[] {
  try {
    return readdirSync(tmpdir());
  } catch {
    return [];
  }
}

function isOwnSocket(path: string): boolean {
  const file = statSync(path, { throwIfNoEntry: false });
  return file?.isSocket() === true && file.uid === process.getuid?.();
}
