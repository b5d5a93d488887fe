import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const COMPOSE = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8');
const STACK = readFileSync(join(ROOT, 'deploy/stack.yml'), 'utf8');
const EXAMPLE = readFileSync(join(ROOT, '.env.example'), 'utf8');

// ${NAME:-default} in docker-compose.yml, #NAME=default in .env.example.
const defaults = pairs(COMPOSE, /\$\{([A-Z_]+):-([^}]*)\}/g);
const documented = pairs(EXAMPLE, /^#([A-Z_]+)=(.*)$/gm);

test('.env.example has every variable of docker-compose.yml, with its default', () => {
  expect(defaults.size).toBeGreaterThan(10);
  expect(Object.fromEntries(documented)).toMatchObject(Object.fromEntries(defaults));
});

test('the stack on Swarm has no default image: one of the same name is not rolled out', () => {
  expect(STACK.match(/^ {4}image: \$\{(APP|NGINX)_IMAGE:\?/gm)).toHaveLength(3);
});

function pairs(text: string, pattern: RegExp): Map<string, string> {
  return new Map([...text.matchAll(pattern)].map(([, name = '', value = '']) => [name, value]));
}
