import { format } from 'prettier';
import { gatewayPage } from './gateway-page.ts';
import { referencePage } from './reference-page.ts';
import { settingsPage } from './settings-page.ts';

/** The pages that are made from the code, by their files' names. */
export const PAGES: Readonly<Record<string, () => string>> = {
  'gateway.md': gatewayPage,
  'reference.md': referencePage,
  'settings.md': settingsPage,
};

/** A page as `npm run docs` writes it. */
export async function pageText(name: string): Promise<string> {
  const text = PAGES[name]?.() ?? '';
  return format(text, { parser: 'markdown', printWidth: 100, singleQuote: true });
}
