import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const PROGRAM = join(import.meta.dirname, 'other-clients.ts');
const WRONG_MAP = /wrong map\): begin\. deoptimizing \S+ <JSFunction (?:get )?(\S+)/g;
const READS_ENVIRON = [
  ...['gatewayEnviron', 'buildEnviron', 'addFields', 'requestIdOf', 'forwardedScheme'],
  ...[
    'runApplication',
    'application',
    'mayHaveFiles',
    'requestId',
    'method',
    'path',
    'host',
    'scheme',
    'id',
  ],
];

// Each such function is slow until V8 has compiled it again, for every kind of client that is new.
test('what reads environ stays optimized when clients send other header fields', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--trace-deopt', PROGRAM]);
  const [, afterwards = ''] = stdout.split('optimized\n');
  const deoptimized = Array.from(afterwards.matchAll(WRONG_MAP), ([, name = '']) => name);
  expect(deoptimized.filter((name) => READS_ENVIRON.includes(name))).toEqual([]);
});
