import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const COMPOSE = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8');
const STACK = readFileSync(join(ROOT, 'deploy/stack.yml'), 'utf8');
const EXAMPLE = readFileSync(join(ROOT, '.env.example'), 'utf8');

// ${NAME:-default} in docker-compose.yml, #NAME=default in .env.example.
const defaults = pairs(COMPOSE, /\$\{([A-Z0-9_]+):-([^}]*)\}/g);
const documented = pairs(EXAMPLE, /^#([A-Z0-9_]+)=(.*)$/gm);

test('.env.example has every variable of docker-compose.yml, with its default', () => {
  expect(defaults.size).toBeGreaterThan(10);
  expect(Object.fromEntries(documented)).toMatchObject(Object.fromEntries(defaults));
});

test('the stack on Swarm has no default image: one of the same name is not rolled out', () => {
  expect(STACK.match(/^ {4}image: \$\{(APP|NGINX)_IMAGE:\?/gm)).toHaveLength(2);
});

test("the stack on Swarm gives nginx the same environment, but for what needs Compose's volumes", () => {
  const onSwarm = namesForFront(STACK);
  expect(onSwarm.length).toBeGreaterThan(15);
  expect(namesForFront(COMPOSE).filter((name) => !name.startsWith('TLS_'))).toEqual(onSwarm);
});

test('a value that both have has one default', () => {
  const onSwarm = [...pairs(STACK, /\$\{([A-Z0-9_]+):-([^}]*)\}/g)];
  const shared = onSwarm.filter(([name]) => defaults.has(name));
  expect(shared.length).toBeGreaterThan(15);
  expect(shared).toEqual(shared.map(([name]) => [name, defaults.get(name)]));
});

function pairs(text: string, pattern: RegExp): Map<string, string> {
  return new Map([...text.matchAll(pattern)].map(([, name = '', value = '']) => [name, value]));
}

/** The environment of the service nginx. */
function namesForFront(text: string): string[] {
  const [, block = ''] = /^ {2}nginx:\n[^]*?^ {4}environment:\n((?: {6}.*\n)+)/m.exec(text) ?? [];
  return Array.from(block.matchAll(/^ {6}([A-Z0-9_]+): /gm), ([, name = '']) => name);
}
