import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { settingEntries, type Settings } from '../src/gateway/settings/catalogue.ts';
import type { Setting } from '../src/gateway/settings/setting.ts';

const FILE = join(import.meta.dirname, 'gateway.md');
const GENERATED = /(<!-- generated[^>]*-->)[^]*(<!-- end -->)/;

/** The text of gateway.md: what was written by hand, and the settings as the catalogue has them. */
export function gatewayPage(): string {
  return readFileSync(FILE, 'utf8').replace(
    GENERATED,
    (_, begin: string, end: string) => `${begin}\n\n${settingsTables()}\n\n${end}`,
  );
}

function settingsTables(): string {
  const sections = Map.groupBy(settingEntries(), ([, setting]) => setting.section);
  return [...sections]
    .map(([title, entries]) =>
      [
        `### ${title}`,
        '',
        '| Setting | On the command line | Default | What it does |',
        '|---|---|---|---|',
        ...entries.map(([name, setting]) => row(name, setting)),
      ].join('\n'),
    )
    .join('\n\n');
}

function row(name: keyof Settings, setting: Setting<unknown>): string {
  const { short, long, value = '' } = setting.flags;
  const flags = `${short === undefined ? '' : `-${short}, `}--${long} ${value}`.trim();
  const cells = [`\`${name}\``, `\`${flags}\``, defaultOf(name, setting), setting.description];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

/** Without an environment; the number of workers is the machine's own. */
function defaultOf(name: string, setting: Setting<unknown>): string {
  if (name === 'workers') return 'the CPUs granted';
  const value = String(setting.default());
  return value === '' ? '' : `\`${value}\``;
}
