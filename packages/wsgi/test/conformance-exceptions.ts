import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A row of the table in docs/servers.md: a case of the suite, the servers that fail it, and why. */
export type Exception = readonly [caseName: string, serverNames: readonly string[], reason: string];

const PAGE = readFileSync(join(import.meta.dirname, '../../../docs/servers.md'), 'utf8');
const [, SECTION = ''] = /^## What a server cannot do\n(.*?)^## /ms.exec(PAGE) ?? [];

export const EXCEPTIONS: readonly Exception[] = SECTION.split('\n')
  .filter((line) => line.startsWith('|'))
  .slice(2)
  .map((line) => {
    const [, name = '', servers = '', reason = ''] = line.split('|').map((cell) => cell.trim());
    return [name, servers.split(', '), reason];
  });

/** What a server cannot do, as docs/servers.md says it: the names of cases and scenarios. */
export function exceptionsOf(serverName: string): ReadonlySet<string> {
  const rows = EXCEPTIONS.filter(([, servers]) => servers.includes(serverName));
  return new Set(rows.map(([name]) => name));
}
