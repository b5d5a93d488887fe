import { expect, test } from 'vitest';
import { BodyInputStream } from '../../src/input-stream.ts';
import type { InputStream } from '../../src/types.ts';
import { bytes, callWith, faultOf, hello } from './samples.ts';

const MISUSES: [title: string, use: (input: InputStream) => unknown, message: string][] = [
  ['read() with two arguments', (input) => callWith(input, 'read', 1, 2), 'takes a size alone'],
  ['read() of a string', (input) => input.read('1' as never), "input.read() takes an integer: '1'"],
  [
    'readline() of a fraction',
    (input) => input.readline(1.5),
    'input.readline() takes an integer: 1.5',
  ],
  [
    'readlines() with two arguments',
    (input) => callWith(input, 'readlines', 1, 2),
    'takes a size alone',
  ],
  ['close()', (input) => callWith(input, 'close'), "must not close the server's streams"],
];

test.for(MISUSES)('of wsgi.input, %s is refused', async ([, use, message]) => {
  const fault = await faultOf(async (environ) => {
    await use(environ['wsgi.input']);
    return [];
  });
  expect(fault).toMatchObject({ name: 'ContractError', message: expect.stringContaining(message) });
});

const BAD_INPUTS: [
  title: string,
  input: Partial<InputStream>,
  use: (input: InputStream) => unknown,
  message: string,
][] = [
  [
    'a string',
    { read: async () => 'text' as never },
    (input) => input.read(),
    "must give Uint8Array: 'text'",
  ],
  [
    'too much',
    { read: async () => bytes('abc') },
    (input) => input.read(2),
    'gave more than 2 bytes: 3',
  ],
  [
    'anything for nothing',
    { read: async () => bytes('a') },
    (input) => input.read(0),
    'gave more than 0 bytes: 1',
  ],
  [
    'an empty line with more',
    { readline: async () => bytes('\nb') },
    (input) => input.readline(),
    'a line must end at its line feed',
  ],
  [
    'two lines',
    { readline: async () => bytes('a\nb') },
    (input) => input.readline(),
    'a line must end at its line feed',
  ],
  [
    'lines that are none',
    { readlines: async () => [bytes('a\nb')] },
    (input) => input.readlines(),
    'a line must end',
  ],
  [
    'no list',
    { readlines: async () => 'lines' as never },
    (input) => input.readlines(),
    'readlines() must give a list',
  ],
];

test.for(BAD_INPUTS)('a wsgi.input that gives %s is refused', async ([, methods, use, message]) => {
  const input = Object.assign(new BodyInputStream(() => undefined), methods);
  const fault = await faultOf(
    async (environ) => {
      await use(environ['wsgi.input']);
      return [];
    },
    { 'wsgi.input': input },
  );
  expect(fault).toMatchObject({ name: 'ContractError', message: expect.stringContaining(message) });
});

test('what is read comes through', async () => {
  const pieces = ['one\ntwo\nth', 'ree', 'four'].map(bytes);
  const input = new BodyInputStream(() => pieces.shift());
  const seen: string[] = [];
  await faultOf(
    async (environ, startResponse) => {
      const checked = environ['wsgi.input'];
      seen.push(String(await checked.readline()), String(await checked.read(4)));
      for await (const piece of checked) seen.push(String(piece));
      return hello(environ, startResponse);
    },
    { 'wsgi.input': input },
  );
  expect(seen).toEqual(['one\n', 'two\n', 'th', 'ree', 'four']);
});

test('wsgi.errors takes strings and is never closed', async () => {
  const lines: string[] = [];
  const errors = { write: (text: string) => lines.push(text), writelines() {}, flush() {} };
  const fault = await faultOf(
    (environ) => {
      const checked = environ['wsgi.errors'];
      checked.write('one');
      checked.writelines(['two', 'three']);
      expect(() => checked.write(1 as never)).toThrow('wsgi.errors takes strings: 1');
      expect(() => checked.writelines([1 as never])).toThrow('wsgi.errors takes strings: 1');
      expect(() => callWith(checked, 'write', 'a', 'b')).toThrow('takes one string');
      callWith(checked, 'close');
      return [];
    },
    { 'wsgi.errors': errors },
  );
  expect(fault).toMatchObject({ message: expect.stringContaining('must not close') });
  expect(lines).toEqual(['one', 'two', 'three']);
});
