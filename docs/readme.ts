import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const README: string = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');

/** startproject gives a project a README of its own, which need not say what that of the template says. */
export const isOwnReadme: boolean = !README.startsWith('# A deployment template');
