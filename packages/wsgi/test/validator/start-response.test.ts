import { expect, test } from 'vitest';
import type { Application } from '../../src/types.ts';
import { validator } from '../../src/validator.ts';
import { ContractError } from '../../src/validator/contract.ts';
import { sampleEnviron } from '../environ.ts';
import { bytes, faultOf, PLAIN } from './samples.ts';

test.for<[title: string, parameters: unknown[], message: string]>([
  ['one argument', ['200 OK'], 'takes status, headers'],
  ['four arguments', ['200 OK', PLAIN, undefined, 4], 'takes status, headers'],
  ['an error without its box', ['200 OK', PLAIN, new Error('no')], 'excInfo must be [error]'],
  ['an empty box', ['200 OK', PLAIN, []], 'excInfo must be [error]'],
  ['a number', [200, PLAIN], 'status must be a string: 200'],
  ['a status without a reason', ['200', PLAIN], "status must be like '200 OK': '200'"],
  ['an interim status', ['100 Continue', PLAIN], "a 1xx status is the server's to send"],
  ['a status with a line feed', ['200 O\nK', PLAIN], 'status must be latin1'],
  ['headers in an object', ['200 OK', {}], 'headers must be a list: {}'],
  ['a header of one', ['200 OK', [['A']]], 'must be a pair [name, value]'],
  ['a name that is a number', ['200 OK', [[1, '1']]], 'a header name must be a string: 1'],
  ['a name with a colon', ['200 OK', [['A:', '1']]], "letters, digits and -: 'A:'"],
  ['a name that starts with a digit', ['200 OK', [['1A', '1']]], 'letters, digits and -'],
  ['a name that ends in a hyphen', ['200 OK', [['A-', '1']]], "must not end in '-'"],
  ['the status as a header', ['200 OK', [['Status', '200']]], 'an argument, not a header'],
  ['a hop-by-hop header', ['200 OK', [['Connection', 'close']]], 'leave hop-by-hop headers'],
  ['a value that is a number', ['200 OK', [['Age', 1]]], 'the value of Age must be a string: 1'],
  ['a value with a line feed', ['200 OK', [['A', 'b\n']]], 'the value of A must be latin1'],
  ['a value beyond latin1', ['200 OK', [['A', '\u20ac']]], 'the value of A must be latin1'],
  ['no Content-Type', ['200 OK', []], 'a 200 must have a Content-Type'],
  ['a Content-Type without a body', ['204 No Content', PLAIN], 'leave Content-Type out'],
  [
    'a Content-Length without a body',
    ['204 No Content', [['Content-Length', '0']]],
    'leave Content-Length out',
  ],
  ['a bad Content-Length', ['200 OK', [...PLAIN, ['Content-Length', 'x']]], "must be digits: 'x'"],
  [
    'two lengths',
    ['200 OK', [...PLAIN, ['Content-Length', '1'], ['content-length', '1']]],
    'must be there once',
  ],
])('start_response with %s is refused', async ([, parameters, message]) => {
  const fault = await faultOf((_environ, startResponse) => {
    Reflect.apply(startResponse, undefined, parameters);
    return [];
  });
  expect(fault).toBeInstanceOf(ContractError);
  expect((fault as Error).message).toContain(message);
});

test('start_response is called once, also where the first call was refused', async () => {
  const fault = await faultOf((_environ, startResponse) => {
    expect(() => startResponse('bad', PLAIN)).toThrow(ContractError);
    startResponse('200 OK', PLAIN);
    return [];
  });
  expect(fault).toMatchObject({ message: 'pass excInfo to call start_response again' });
});

test('start_response is called again with excInfo', async () => {
  const fault = await faultOf((_environ, startResponse) => {
    startResponse('200 OK', PLAIN);
    startResponse('500 Oops', PLAIN, [new Error('late')]);
    return [];
  });
  expect(fault).toBeUndefined();
});

test.for<[what: string, application: Application]>([
  [
    'an empty write()',
    async (_environ, startResponse) => {
      await startResponse('200 OK', PLAIN)(bytes(''));
      startResponse('500 Oops', PLAIN, [new Error('late')]);
      return [];
    },
  ],
  [
    'a piece',
    (_environ, startResponse) => {
      startResponse('200 OK', PLAIN);
      return (function* () {
        yield bytes('a');
        startResponse('500 Oops', PLAIN, [new Error('late')]);
      })();
    },
  ],
])('a server has to throw what it is given after %s', async ([, application]) => {
  const checked = validator(application);
  const answered = async (): Promise<void> => {
    const body = await checked(sampleEnviron(), () => async () => {});
    for await (const piece of body) expect(piece).toEqual(bytes('a'));
  };
  await expect(answered()).rejects.toThrow('start_response must throw the error of excInfo');
});

test('an empty piece sends no headers: start_response is called again with excInfo', async () => {
  const fault = await faultOf((_environ, startResponse) => {
    startResponse('200 OK', PLAIN);
    return (function* () {
      yield bytes('');
      startResponse('500 Oops', PLAIN, [new Error('late')]);
      yield bytes('sorry');
    })();
  });
  expect(fault).toBeUndefined();
});

test.for([
  ['426 Upgrade Required', 'Upgrade'],
  ['407 Proxy Authentication Required', 'Proxy-Authenticate'],
] as const)('a %s tells %s, which no other status does', async ([status, name]) => {
  const faultWith = (line: string): Promise<unknown> =>
    faultOf((_environ, startResponse) => {
      startResponse(line, [...PLAIN, [name, 'a']]);
      return [];
    });
  expect(await faultWith(status)).toBeUndefined();
  expect(await faultWith('200 OK')).toMatchObject({
    message: expect.stringContaining('leave hop-by-hop headers'),
  });
});

test('what start_response throws with excInfo is not swallowed', async () => {
  const fault = await faultOf((_environ, startResponse) => {
    startResponse('200 OK', PLAIN);
    return (function* () {
      yield bytes('a');
      expect(() => startResponse('500 Oops', PLAIN, [new Error('late')])).toThrow('late');
      yield bytes('b');
    })();
  });
  expect(fault).toMatchObject({ message: 'let through what start_response throws with excInfo' });
});

test.for<[title: string, parameters: unknown[], message: string]>([
  ['a string', ['text'], "write() takes Uint8Array: 'text'"],
  ['two arguments', [bytes('a'), 'utf8'], 'write() takes bytes alone'],
])('write() of %s is refused', async ([, parameters, message]) => {
  const fault = await faultOf((_environ, startResponse) => {
    Reflect.apply(startResponse('200 OK', PLAIN), undefined, parameters);
    return [];
  });
  expect(fault).toMatchObject({ message: expect.stringContaining(message) });
});

test('write() inside the iteration is refused', async () => {
  const fault = await faultOf((_environ, startResponse) =>
    (async function* () {
      await startResponse('200 OK', PLAIN)(bytes('a'));
      yield bytes('b');
    })(),
  );
  expect(fault).toMatchObject({ message: expect.stringContaining('yield bytes: no write()') });
});

test('a server has to give write(), which gives a promise', () => {
  const call = (startResponse: unknown): unknown =>
    validator((_environ, start) => {
      void start('200 OK', PLAIN)(bytes('a'));
      return [];
    })(sampleEnviron(), startResponse as never);
  expect(() => call(() => undefined)).toThrow('start_response must return write: undefined');
  expect(() => call(() => () => undefined)).toThrow('write() must return a promise: undefined');
});
