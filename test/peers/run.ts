import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// Each suite runs twice, on node:http and on the gateway. What counts is what passes on the first.

const ROOT = join(import.meta.dirname, '../..');
const BIN = join(ROOT, 'node_modules/.bin');
const MINUTES = 20;
const [folder = '.', ...options] = process.argv.slice(2);
const results = mkdtempSync(join(tmpdir(), 'peers-'));
const shim = join(results, 'shim.cjs');

execFileSync(join(BIN, 'esbuild'), [
  join(import.meta.dirname, 'shim.ts'),
  ...['--bundle', '--platform=node', '--conditions=source', '--log-level=error'],
  `--outfile=${shim}`,
]);

for (const name of readdirSync(folder)) {
  const checkout = realpathSync(join(folder, name));
  if (!existsSync(join(checkout, 'node_modules'))) continue;
  const onNode = passedIn(checkout, join(results, `${name}-node`), '');
  const onGateway = passedIn(checkout, join(results, `${name}-gateway`), `--require=${shim}`);
  const lost = [...onNode].filter((test) => !onGateway.has(test));
  console.log(`${name}: ${onNode.size - lost.length} of ${onNode.size}`);
  if (options.includes('--list')) for (const test of lost) console.log(`  ${test}`);
}

/** The names of the tests that pass; each time again, a name that comes often has its number. */
function passedIn(checkout: string, output: string, preload: string): Set<string> {
  const { command, names } = runnerOf(checkout, output);
  spawnSync(command[0], command.slice(1), {
    cwd: checkout,
    env: {
      ...process.env,
      NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} ${preload}`,
      PATH: `${join(checkout, 'node_modules/.bin')}:${BIN}:${process.env['PATH']}`,
      NODE_ENV: 'test',
    },
    timeout: MINUTES * 60_000,
    stdio: options.includes('--verbose') ? 'inherit' : 'ignore',
  });
  if (!existsSync(output)) return new Set();
  const seen = new Map<string, number>();
  return new Set(
    names(readFileSync(output, 'utf8')).map((each) => {
      const test = each.replaceAll(`${checkout}/`, '');
      const count = (seen.get(test) ?? 0) + 1;
      seen.set(test, count);
      return count === 1 ? test : `${test} (${count})`;
    }),
  );
}

interface MochaReport {
  readonly passes: readonly { readonly file: string; readonly fullTitle: string }[];
}

interface VitestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

interface Runner {
  readonly command: readonly [string, ...string[]];
  readonly names: (output: string) => string[];
}

function runnerOf(checkout: string, output: string): Runner {
  const { scripts } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'));
  const words: string[] = scripts.test.split(/&& */).at(-1).split(' ');
  if (words.includes('mocha')) {
    const own = words
      .slice(words.indexOf('mocha') + 1)
      .join(' ')
      .replace(/--reporter \S+|--no-exit/g, '');
    const reporter = ['--exit', '--reporter', 'json', '--reporter-option', `output=${output}`];
    return {
      command: [
        join(BIN, 'node'),
        'node_modules/mocha/bin/mocha.js',
        ...own.split(' ').filter(Boolean),
        ...reporter,
      ],
      names: (text) =>
        (JSON.parse(text) as MochaReport).passes.map(
          ({ file, fullTitle }) => `${file} ${fullTitle}`,
        ),
    };
  }
  if (words.includes('vitest')) {
    return {
      command: ['vitest', 'run', '--reporter=json', `--outputFile=${output}`],
      names: (text) =>
        (JSON.parse(text) as VitestReport).testResults.flatMap(({ name, assertionResults }) =>
          assertionResults
            .filter(({ status }) => status === 'passed')
            .map(({ fullName }) => `${name} ${fullName}`),
        ),
    };
  }
  const files = existsSync(join(checkout, '__tests__')) ? '__tests__/**/*.js' : 'test/**/*.test.js';
  return {
    command: [
      join(BIN, 'node'),
      ...[
        '--test',
        '--test-timeout=60000',
        '--test-force-exit',
        `--test-reporter=${join(import.meta.dirname, 'reporter.ts')}`,
      ],
      ...[`--test-reporter-destination=${output}`, files],
    ],
    names: (text) =>
      text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
  };
}
