import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const RECIPES = readFileSync(join(import.meta.dirname, '../recipes.md'), 'utf8');

/** The blocks of docs/recipes.md that begin with a file's name: `// src/shop/urls.ts`. */
export const SNIPPETS: readonly (readonly [file: string, text: string])[] = Array.from(
  RECIPES.matchAll(/^```\w+\n(?:\/\/|#) (\S+)\n+(.*?)^```$/gms),
  ([, file = '', text = '']) => [file, text],
);
