import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';

/** The first Node that has what the gateway needs. */
const NEEDED = '26.4';
/** The Node that `npm ci` brings along. */
const OWN_NODE = 'node_modules/.bin/node';

/**
 * Ends a command that an older Node runs, and says which one to use. What a command imports besides is to
 * be imported after the call: of what an older Node lacks, it would say that there is no such export.
 */
export function requireNode(): void {
  const { node, ...others } = process.versions;
  // Bun and Deno say that they are a Node, too, of some version or other.
  if ('bun' in others || 'deno' in others || !isOlder(node, NEEDED)) return;
  const [command] = process.argv.slice(1);
  process.stderr.write(
    `Node ${node} is too old: ${NEEDED} or later is needed. ${advice(command)}\n`,
  );
  process.exit(1);
}

function isOlder(version: string, needed: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [neededMajor = 0, neededMinor = 0] = needed.split('.').map(Number);
  return major < neededMajor || (major === neededMajor && minor < neededMinor);
}

/** npm puts the project's own Node first, where it is there. */
function advice(command = ''): string {
  const isByNpm = process.env['npm_execpath'] !== undefined;
  if (isByNpm || !existsSync(resolve(OWN_NODE))) return 'Run `npm ci`, which brings it along.';
  const name = basename(command).replace(/\.[jt]s$/, '');
  const right = name === 'gateway' ? 'npx gateway' : `npm run ${name} --`;
  return `Use \`${right} …\`, which runs the project's own.`;
}
