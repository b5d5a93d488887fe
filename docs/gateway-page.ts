import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  settingEntries,
  variableOf,
  type Settings,
} from '../packages/gateway/src/settings/catalogue.ts';
import { ABSENT } from '../packages/gateway/src/settings/command-line.ts';
import type { Setting } from '../packages/gateway/src/settings/values.ts';

const FILE = join(import.meta.dirname, 'gateway.md');
const SETTINGS = /(<!-- generated: npm run docs -->)[^]*?(<!-- end -->)/;
const ABSENT_OPTIONS = /(<!-- generated, too -->)[^]*?(<!-- end -->)/;

/** The text of gateway.md: what was written by hand, and the settings as the code has them. */
export function gatewayPage(): string {
  const text = fill(readFileSync(FILE, 'utf8'), SETTINGS, settingsTables());
  return fill(text, ABSENT_OPTIONS, absentTable());
}

function fill(text: string, place: RegExp, content: string): string {
  return text.replace(place, (_, begin: string, end: string) => `${begin}\n\n${content}\n\n${end}`);
}

function absentTable(): string {
  const rows = ABSENT.map(
    ([options, instead]) =>
      `| ${options.map((option) => `\`${option}\``).join(', ')} | ${instead} |`,
  );
  return ['| Not here | Because, or instead |', '|---|---|', ...rows].join('\n');
}

function settingsTables(): string {
  const sections = Map.groupBy(settingEntries(), ([, setting]) => setting.section);
  return [...sections]
    .map(([title, entries]) =>
      [
        `### ${title}`,
        '',
        '| Setting | On the command line | Variable | Default | What it does |',
        '|---|---|---|---|---|',
        ...entries.map(([name, setting]) => row(name, setting)),
      ].join('\n'),
    )
    .join('\n\n');
}

function row(name: keyof Settings, setting: Setting<unknown>): string {
  const { short, long, value = '' } = setting.flags;
  const flags = `${short === undefined ? '' : `-${short}, `}--${long} ${value}`.trim();
  const cells = [
    `\`${name}\``,
    `\`${flags}\``,
    `\`${variableOf(name)}\``,
    defaultOf(name, setting),
    setting.description,
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

/** Without an environment; the number of workers and the folder for temporary files are the machine's own. */
function defaultOf(name: string, setting: Setting<unknown>): string {
  if (name === 'workers') return 'the CPUs granted';
  const value = String(setting.default()).replace(tmpdir(), '/tmp');
  return value === '' ? '' : `\`${value}\``;
}
