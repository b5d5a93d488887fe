import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { DIFFERENCES, isFinal, type Difference } from './differences.ts';
import { hasProgram } from './servers.ts';
import { answersOf, SENT, startTwin, type Answer, type TwinName } from './twins.ts';

const PAGE = readFileSync(join(import.meta.dirname, '../../../docs/servers.md'), 'utf8');
const OTHERS = ['gunicorn', 'uwsgi'] as const;
const PROGRAMS = ['gunicorn', 'uwsgi_python3'];

const answers: Partial<Record<TwinName, Awaited<ReturnType<typeof answersOf>>>> = {};

/** A case that both servers accept. */
interface Pair {
  readonly name: string;
  readonly own: readonly Answer[];
  readonly other: readonly Answer[];
}

function pairsWith(server: TwinName): Pair[] {
  const pairs = [...SENT.keys()].map((name) => ({
    name,
    own: answers.gateway?.get(name) ?? [],
    other: answers[server]?.get(name) ?? [],
  }));
  return pairs.filter(({ own, other }) => isAccepted(own) && isAccepted(other));
}

function isAccepted(some: readonly Answer[]): boolean {
  return /^HTTP\/1\.[01] 200 /.test(some.find(isFinal)?.head ?? '');
}

function isSame({ name, own, other }: Pair, differences: readonly Difference[]): boolean {
  const sent = SENT.get(name) ?? '';
  const without = (some: readonly Answer[]): readonly Answer[] =>
    differences.reduce((rest, difference) => difference.without(rest, sent), some);
  return isDeepStrictEqual(without(own), without(other));
}

// In CI none is skipped.
describe.skipIf(!process.env['CI'] && !PROGRAMS.every(hasProgram))(
  'a PEP 3333 application in Python, and its twin here',
  () => {
    beforeAll(async () => {
      const names = ['gateway', ...OTHERS] as const;
      await Promise.all(
        names.map(async (name) => {
          const serving = await startTwin(name);
          answers[name] = await answersOf(serving.port);
          await serving.close();
        }),
      );
    });

    test.for(OTHERS)('answer the same, byte by byte, as under %s', (server) => {
      const pairs = pairsWith(server);
      const known = DIFFERENCES.filter(({ of }) => of.includes(server));
      expect(pairs.length).toBeGreaterThan(100);
      const same = pairs.filter((pair) => isSame(pair, DIFFERENCES.slice(0, 1)));
      expect(same.length).toBeGreaterThan(40);
      expect(pairs.filter((pair) => !isSame(pair, known))).toEqual([]);
    });

    test.for(DIFFERENCES)('but: $what', (difference) => {
      const needing = difference.of.filter((server) => {
        const others = DIFFERENCES.filter((one) => one !== difference && one.of.includes(server));
        return pairsWith(server).some((pair) => !isSame(pair, others));
      });
      if (difference.isOld) return;
      expect(needing).not.toEqual([]);
    });
  },
);

test('docs/servers.md has a row for each difference, and no other', () => {
  const [, section = ''] = PAGE.split('\n## The same application under Gunicorn and uWSGI\n');
  const rows = Array.from(
    section.split('\n## ')[0]?.matchAll(/^\| (.+?) +\|/gm) ?? [],
    ([, cell]) => cell,
  );
  expect(rows.slice(2)).toEqual(DIFFERENCES.map(({ what }) => what));
});
