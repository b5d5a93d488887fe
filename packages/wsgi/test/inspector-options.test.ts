import { expect, test } from 'vitest';
import { environmentWithoutInspector, withoutInspector } from '../src/inspector-options.ts';

test.for<[options: string[], left: string[]]>([
  [[], []],
  [['--inspect'], []],
  [
    ['--inspect=127.0.0.1:9229', '--import', 'tsx'],
    ['--import', 'tsx'],
  ],
  [['--conditions=source', '--inspect-brk'], ['--conditions=source']],
  [['--inspect-wait=0', '--inspect-port=0', '--debug-port=0'], []],
  [
    ['--inspect-port', '9230', '--import', 'tsx'],
    ['--import', 'tsx'],
  ],
  [
    ['--inspect-publish-uid=http', '--inspector-x'],
    ['--inspect-publish-uid=http', '--inspector-x'],
  ],
])('of %j are left %j', ([options, left]) => {
  expect(withoutInspector(options)).toEqual(left);
});

test.for<[text: string, left: string]>([
  ['', ''],
  ['--inspect', ''],
  [
    '--max-old-space-size=64 --inspect=9229  --import ./a.mjs',
    '--max-old-space-size=64 --import ./a.mjs',
  ],
  [
    '--require "./a folder/--inspect x.cjs" --inspect-brk',
    '--require "./a folder/--inspect x.cjs"',
  ],
])('of NODE_OPTIONS %j is left %j', ([text, left]) => {
  const environment = environmentWithoutInspector({ NODE_OPTIONS: text, A: 'b' });
  expect(environment).toEqual({ NODE_OPTIONS: left, A: 'b' });
});

test('an environment without NODE_OPTIONS gets none', () => {
  expect(environmentWithoutInspector({ A: 'b' })).toEqual({ A: 'b' });
});
