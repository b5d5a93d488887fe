import { format } from 'prettier';
import { benchmarkChart } from './benchmark-chart.ts';
import { gatewayPage } from './gateway-page.ts';
import { referencePage } from './reference-page.ts';
import { settingsPage } from './settings-page.ts';

/** What is made from the code, and the chart from its table, by their files' names. */
export const PAGES: Readonly<Record<string, () => string>> = {
  'images/benchmark.svg': benchmarkChart,
  'gateway.md': gatewayPage,
  'reference.md': referencePage,
  'settings.md': settingsPage,
};

/** A page as `npm run docs` writes it. */
export async function pageText(name: string): Promise<string> {
  const text = PAGES[name]?.() ?? '';
  if (!name.endsWith('.md')) return text;
  return format(text, { parser: 'markdown', printWidth: 100, singleQuote: true });
}
