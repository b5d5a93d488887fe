#!/usr/bin/env node
import { requireNode } from '@wsgi/wsgi/node-version';
import { guardStart } from './arbiter/signals.ts';

requireNode();
guardStart();
// All else is loaded behind the guard, as that takes its time.
const { main } = await import('./main.ts');
const { endWith } = await import('./errors.ts');

try {
  process.exit(await main(process.argv.slice(2), { ...process.env }));
} catch (error) {
  endWith(error);
}
