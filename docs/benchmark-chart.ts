import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A server of the table, and the CPU time that a request took there. */
interface Row {
  readonly name: string;
  readonly note: string;
  readonly microseconds: number;
}

/** What is ours, and stands out. */
const OURS = ['five lines', 'sample project'];

const WIDTH = 820;
const LABEL_WIDTH = 390;
const BAR_WIDTH = WIDTH - LABEL_WIDTH - 60;
const ROW_HEIGHT = 30;
const TOP = 62;

/** The chart of the first table in benchmarks.md: light or dark, as who looks at it prefers. */
export function benchmarkChart(): string {
  const rows = readRows();
  const longest = Math.max(...rows.map(({ microseconds }) => microseconds));
  const height = TOP + rows.length * ROW_HEIGHT + 8;
  const title = 'CPU time of one request, in microseconds';
  const summary = rows.map(({ name, microseconds }) => `${name} ${microseconds}`).join(', ');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="title summary">
  <title id="title">${title}</title>
  <desc id="summary">${escape(summary)}</desc>
  <style>${STYLE}</style>
  <rect class="ground" width="${WIDTH}" height="${height}" rx="8" />
  <text class="title" x="20" y="30">${title}</text>
  <text class="note" x="20" y="48">Less is better. One worker each, ten header fields a request.</text>
${rows.map((row, index) => bar(row, index, longest)).join('\n')}
</svg>
`;
}

const STYLE = `
    text { font: 13px system-ui, sans-serif; fill: #1d2a2a; }
    .title { font-size: 15px; font-weight: 600; }
    .note, .name tspan { fill: #5a6b6b; font-size: 11.5px; font-weight: 400; }
    .ground { fill: #fbfcfb; }
    rect.bar { fill: #b4c0be; }
    .own rect.bar { fill: #0b6b57; }
    .own .name, .own .value { font-weight: 600; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e4ebe9; }
      .note, .name tspan { fill: #9aaba8; }
      .ground { fill: #14191a; }
      rect.bar { fill: #4d5a59; }
      .own rect.bar { fill: #35b394; }
    }
  `;

function bar({ name, note, microseconds }: Row, index: number, longest: number): string {
  const y = TOP + index * ROW_HEIGHT;
  const width = Math.round((microseconds / longest) * BAR_WIDTH);
  const own = OURS.includes(name) ? ' class="own"' : '';
  return `  <g${own}>
    <text class="name" x="20" y="${y + 17}">${escape(name)} <tspan>${escape(note)}</tspan></text>
    <rect class="bar" x="${LABEL_WIDTH}" y="${y + 4}" width="${width}" height="18" rx="2" />
    <text class="value" x="${LABEL_WIDTH + width + 8}" y="${y + 17}">${microseconds.toFixed(1)}</text>
  </g>`;
}

/** `| **node:http**: bare, no log | 37,497 | 26.8 | …`: the third column is the CPU time. */
function readRows(): Row[] {
  const page = readFileSync(join(import.meta.dirname, 'benchmarks.md'), 'utf8');
  const found = page.matchAll(/^\| \*\*([^*]+)\*\*: ([^|]+?) *\| *[\d,]+ *\| *([\d.]+) *\|/gm);
  const rows = Array.from(found, ([, name = '', note = '', text]) => ({
    name,
    note,
    microseconds: Number(text),
  }));
  if (rows.length === 0) throw new Error('docs/benchmarks.md has no table of servers.');
  return rows;
}

function escape(text: string): string {
  return text.replaceAll('`', '').replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
