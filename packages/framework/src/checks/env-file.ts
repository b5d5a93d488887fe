import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { finding, type CheckMessage } from './check.ts';

/** Each line of .env says the same to both that read it: dotenv on this machine, and Compose. */
export function checkEnvFile(): readonly CheckMessage[] {
  const file = resolve('.env');
  const lines = existsSync(file) ? ambiguousLines(readFileSync(file, 'utf8')) : [];
  return lines.map((line) =>
    finding(
      'env.W101',
      `Line ${line} of .env is read in one way by dotenv and in another by Compose.`,
      `Put the value between single quotes: $, # and backslashes are then plain. What has a single quote itself fits into a file, for env.secret, better than here.`,
    ),
  );
}

/** The numbers of the lines that the two read differently, or of which one of them can make nothing. */
export function ambiguousLines(text: string): number[] {
  const rest = text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
  const found: number[] = [];
  for (let start = 0, line = 1; start < rest.length; line += 1) {
    ENTRY.lastIndex = start;
    const [entry, quoted, bare = ''] = ENTRY.exec(rest) ?? [];
    if (entry === undefined || isAmbiguous(quoted ?? bare)) found.push(line);
    // A value between quotes may go on in the next lines.
    const end = entry === undefined ? rest.indexOf('\n', start) + 1 : start + entry.length;
    line += (entry?.slice(0, -1).split('\n').length ?? 1) - 1;
    start = end === 0 ? rest.length : end;
  }
  return found;
}

function isAmbiguous(value: string): boolean {
  if (value.startsWith("'")) return value.includes("\\'");
  if (value.startsWith('"')) return EXPANSION.test(value) || /\\[^nr']/.test(value);
  const [bare = ''] = value.split(' #', 1);
  return EXPANSION.test(bare) || bare.includes('#');
}

/** What Compose puts a variable in the place of, and dotenv does not. */
const EXPANSION = /\$[A-Za-z_{$]/;

// line = *WSP [ "#" comment / [ "export" ] name [ ( "=" / ": " ) value ] ] LF, where a value is between
// quotes, perhaps before a comment, or begins with none
const ENTRY =
  /[^\S\n]*(?:#[^\n]*|(?:export[^\S\n]+)?[\w.-]+(?:(?:[^\S\n]*=|:[^\S\n])[^\S\n]*(?:("(?:[^"\\]|\\[^])*"|'(?:[^'\\]|\\[^])*')[^\S\n]*(?:[^\S\n]#[^\n]*)?|([^"'`\s][^\n]*)?))?[^\S\n]*)?(?:\n|$)/y;
