import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { ambiguousLines, checkEnvFile } from '../../src/checks/env-file.ts';
import { temporaryFolder } from '../../../wsgi/test/temporary-folder.ts';

/** Each with whether dotenv 18 and Compose 2 read the same in it, as both were seen to. */
const FORMS = JSON.parse(
  readFileSync(join(import.meta.dirname, 'env-forms.json'), 'utf8'),
) as (readonly [form: string, isSame: boolean])[];

test.for(FORMS)('of %j dotenv and Compose read the same: %s', ([form, isSame]) => {
  expect(ambiguousLines(`${form}\n`).length === 0).toBe(isSame);
});

test('the lines are counted through values of several lines', () => {
  const text = '# note\n\nA=b\nB="c\n\n# d"\nC=C#\nD=e\nF=a$b\nG=`h`';
  expect(ambiguousLines(text)).toEqual([7, 9, 10]);
});

test('a check names the line and never the value', () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, '.env'), 'A=b\nSECRET_KEY=canary$$x\n');
  vi.spyOn(process, 'cwd').mockReturnValue(folder);
  onTestFinished(() => void vi.restoreAllMocks());
  const messages = checkEnvFile();
  expect(messages.map(({ id, message }) => [id, message.slice(0, 14)])).toEqual([
    ['env.W101', 'Line 2 of .env'],
  ]);
  expect(JSON.stringify(messages)).not.toContain('canary');
});
