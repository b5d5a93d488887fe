import { expect, test } from 'vitest';
import { ProtocolError } from '../src/status.ts';
import { runApplication } from '../src/run.ts';
import type { Application, Body, Bytes, HeaderList, Write } from '../src/types.ts';
import { sampleEnviron } from './environ.ts';
import { RecordingSink } from './recording-sink.ts';

const PLAIN: HeaderList = [['Content-Type', 'text/plain']];
const bytes = (text: string): Bytes => Buffer.from(text);

async function run(application: Application, method = 'GET'): Promise<RecordingSink> {
  const sink = new RecordingSink();
  await runApplication(application, sampleEnviron({ REQUEST_METHOD: method }), sink);
  return sink;
}

/** An application that starts with this status and length and returns this body. */
function answer(status: string, length: string | undefined, body: () => Body): Application {
  return (_environ, startResponse) => {
    startResponse(status, length === undefined ? PLAIN : [['Content-Length', length]]);
    return body();
  };
}

function* pieces(...texts: string[]): Generator<Bytes> {
  for (const text of texts) yield bytes(text);
}

async function* laterPieces(...texts: string[]): AsyncGenerator<Bytes> {
  yield* pieces(...texts);
}

const BODIES: [
  title: string,
  status: string,
  length: string | undefined,
  body: () => Body,
  calls: string[],
][] = [
  [
    'a list of one piece tells its length',
    '200 OK',
    undefined,
    () => [bytes('one')],
    ["all 200 OK [Content-Type] 3 'one'"],
  ],
  [
    'an empty list is an empty body',
    '200 OK',
    undefined,
    () => [],
    ["all 200 OK [Content-Type] 0 ''"],
  ],
  [
    'a list of two pieces is streamed',
    '200 OK',
    undefined,
    () => [bytes('a'), bytes('b')],
    ['head 200 OK [Content-Type] until-end', "write 'a'", "write 'b'", 'end'],
  ],
  [
    'a generator is streamed',
    '200 OK',
    undefined,
    () => pieces('a', 'b'),
    ['head 200 OK [Content-Type] until-end', "write 'a'", "write 'b'", 'end'],
  ],
  [
    'an async generator is streamed',
    '200 OK',
    undefined,
    () => laterPieces('a', 'b'),
    ['head 200 OK [Content-Type] until-end', "write 'a'", "write 'b'", 'end'],
  ],
  [
    'empty pieces are not sent',
    '200 OK',
    undefined,
    () => pieces('', 'a', ''),
    ['head 200 OK [Content-Type] until-end', "write 'a'", 'end'],
  ],
  [
    'a generator without a byte is an empty body',
    '200 OK',
    undefined,
    () => laterPieces(''),
    ["all 200 OK [Content-Type] 0 ''"],
  ],
  [
    'a declared length is left as it is',
    '200 OK',
    '2',
    () => pieces('a', 'b'),
    ['head 200 OK [Content-Length] as-is', "write 'a'", "write 'b'", 'end'],
  ],
  [
    'one piece of the declared length goes at once',
    '200 OK',
    '3',
    () => [bytes('one')],
    ["all 200 OK [Content-Length] as-is 'one'"],
  ],
  [
    'a 304 has no body',
    '304 Not Modified',
    undefined,
    () => pieces('a', 'b'),
    ["all 304 Not Modified [Content-Type] as-is ''"],
  ],
  [
    'a 304 keeps its Content-Length',
    '304 Not Modified',
    '9',
    () => [],
    ["all 304 Not Modified [Content-Length] as-is ''"],
  ],
  [
    'a 204 loses its Content-Length',
    '204 No Content',
    '0',
    () => [],
    ["all 204 No Content [] as-is ''"],
  ],
];

test.for(BODIES)('%s', async ([, status, length, body, calls]) => {
  const sink = await run(answer(status, length, body));
  expect(sink.calls).toEqual(calls);
  expect(sink.errors).toEqual([]);
});

const HEAD_BODIES: [title: string, length: string | undefined, body: () => Body, call: string][] = [
  [
    'a list tells the length that GET would have',
    undefined,
    () => [bytes('one')],
    "all 200 OK [Content-Type] 3 ''",
  ],
  ['an empty list tells nothing', undefined, () => [], "all 200 OK [Content-Type] as-is ''"],
  [
    'a generator tells nothing',
    undefined,
    () => pieces('a', 'b'),
    "all 200 OK [Content-Type] as-is ''",
  ],
  [
    'a declared length is kept without a body',
    '9',
    () => [],
    "all 200 OK [Content-Length] as-is ''",
  ],
  [
    'as many digits as a number holds exactly are kept',
    '123456789012345',
    () => [],
    "all 200 OK [Content-Length] as-is ''",
  ],
];

test.for(HEAD_BODIES)('to HEAD, %s', async ([, length, body, call]) => {
  const sink = await run(answer('200 OK', length, body), 'HEAD');
  expect(sink.calls).toEqual([call]);
  expect(sink.errors).toEqual([]);
});

test('to HEAD, a 304 has no length, whatever its body', async () => {
  const sink = await run(
    answer('304 Not Modified', undefined, () => [bytes('one')]),
    'HEAD',
  );
  expect(sink.calls).toEqual(["all 304 Not Modified [Content-Type] as-is ''"]);
});

test('to HEAD, an error has its length alone', async () => {
  const sink = await run(
    answer('OK', undefined, () => []),
    'HEAD',
  );
  expect(sink.calls).toEqual(["all 500 Internal Server Error [Content-Type] 22 ''"]);
});

test('to HEAD, an endless body is left after its first piece', async () => {
  let isLeft = false;
  function* endless(): Generator<Bytes> {
    try {
      for (;;) yield bytes('again');
    } finally {
      isLeft = true;
    }
  }
  await run(answer('200 OK', undefined, endless), 'HEAD');
  expect(isLeft).toBe(true);
});

const TOO_LONG = 'the body is longer than its Content-Length of 3 bytes';
const MISCOUNTED: [title: string, body: () => Body, calls: string[], message: string][] = [
  [
    'one piece too long is cut',
    () => [bytes('four')],
    ["all 200 OK [Content-Length] as-is 'fou'"],
    TOO_LONG,
  ],
  [
    'a stream too long is cut',
    () => pieces('ab', 'cd', 'ef'),
    ['head 200 OK [Content-Length] as-is', "write 'ab'", "write 'c'", 'end'],
    TOO_LONG,
  ],
  [
    'a piece after the last byte is dropped',
    () => laterPieces('abc', 'd'),
    ['head 200 OK [Content-Length] as-is', "write 'abc'", 'end'],
    TOO_LONG,
  ],
  [
    'a stream too short is aborted',
    () => pieces('a', 'b'),
    ['head 200 OK [Content-Length] as-is', "write 'a'", "write 'b'", 'abort'],
    'the body ended after 2 of 3 bytes',
  ],
  [
    'one piece too short is a 500',
    () => [bytes('ab')],
    ["all 500 Internal Server Error [Content-Type] 22 'Internal Server Error\n'"],
    'the body ended after 2 of 3 bytes',
  ],
];

test.for(MISCOUNTED)('%s, and logged', async ([, body, calls, message]) => {
  const sink = await run(answer('200 OK', '3', body));
  expect(sink.calls).toEqual(calls);
  expect(sink.messages).toEqual([message]);
});

const REFUSED: [title: string, application: Application, message: RegExp][] = [
  ['a string', answer('200 OK', undefined, () => 'text' as unknown as Body), /not string/],
  [
    'bytes',
    answer('200 OK', undefined, () => bytes('text') as unknown as Body),
    /iterable of Uint8Array/,
  ],
  ['nothing', answer('200 OK', undefined, () => undefined as unknown as Body), /not undefined/],
  [
    'a list of strings',
    answer('200 OK', undefined, () => ['text'] as unknown as Body),
    /not string: encode/,
  ],
  [
    'a list of holes',
    answer('200 OK', undefined, () => [undefined] as unknown as Body),
    /not undefined/,
  ],
  ['a body without start_response', () => [bytes('text')], /start_response was not called/],
  ['an empty body without start_response', () => [], /start_response was not called/],
  ['a bad status', answer('OK', undefined, () => []), /status must be like/],
  ['an interim status', answer('100 Continue', undefined, () => []), /status must be like/],
  ['a bad Content-Length', answer('200 OK', '-1', () => []), /Content-Length must be/],
  ['a Content-Length of 16 digits', answer('200 OK', '1'.repeat(16), () => []), /in digits/],
  [
    'a Content-Length that is there twice, in whatever case',
    (_environ, startResponse) => {
      startResponse('200 OK', [
        ['Content-Length', '1'],
        ['content-length', '1'],
      ]);
      return [bytes('a')];
    },
    /must be there once/,
  ],
  [
    'two calls of start_response',
    (_environ, startResponse) => {
      startResponse('200 OK', PLAIN);
      startResponse('200 OK', PLAIN);
      return [];
    },
    /second time/,
  ],
  [
    'a stream of strings',
    answer('200 OK', undefined, () => ['a', 'b'] as never),
    /not string: encode/,
  ],
  ['a stream without start_response', () => pieces('a', 'b'), /start_response was not called/],
  [
    'a bad header',
    (_environ, startResponse) => {
      startResponse('200 OK', [['X-A', 'a\nb']]);
      return [];
    },
    /control characters/,
  ],
  [
    'a bad second status, though the first was good',
    (_environ, startResponse) => {
      startResponse('200 OK', PLAIN);
      expect(() => startResponse('bad', PLAIN, [new Error('late')])).toThrow(/status/);
      return [];
    },
    /start_response was not called/,
  ],
];

test.for(REFUSED)('%s is a 500', async ([, application, message]) => {
  const sink = await run(application);
  expect(sink.calls).toEqual([
    "all 500 Internal Server Error [Content-Type] 22 'Internal Server Error\n'",
  ]);
  expect(sink.messages).toEqual([expect.stringMatching(message)]);
});

test('a second start_response stays fatal where the first one threw', async () => {
  const sink = await run((_environ, startResponse) => {
    expect(() => startResponse('bad', PLAIN)).toThrow(/status/);
    expect(() => startResponse('200 OK', PLAIN)).toThrow(/second time/);
    return [bytes('text')];
  });
  expect(sink.messages).toEqual(['start_response was not called before the body']);
});

test('excInfo replaces what was not sent', async () => {
  const sink = await run(async function (_environ, startResponse) {
    startResponse('200 OK', [['Content-Length', '1']]);
    startResponse('503 Service Unavailable', PLAIN, [new Error('late')]);
    return [bytes('sorry')];
  });
  expect(sink.calls).toEqual(["all 503 Service Unavailable [Content-Type] 5 'sorry'"]);
});

test('excInfo throws its own error once the head was sent', async () => {
  const late = new Error('late');
  const sink = await run((_environ, startResponse) => {
    startResponse('200 OK', PLAIN);
    return (function* () {
      yield bytes('a');
      startResponse('500 Oops', PLAIN, [late]);
    })();
  });
  expect(sink.calls).toEqual(['head 200 OK [Content-Type] until-end', "write 'a'", 'abort']);
  expect(sink.errors).toEqual([late]);
});

test('an error after the last declared byte leaves the response complete', async () => {
  const sink = await run(
    answer('200 OK', '1', function* () {
      yield bytes('a');
      throw new Error('late');
    }),
  );
  expect(sink.calls).toEqual(['head 200 OK [Content-Length] as-is', "write 'a'", 'end']);
  expect(sink.messages).toEqual(['late']);
});

test('start_response may come with the first piece of an async body', async () => {
  const sink = await run((_environ, startResponse) =>
    (async function* () {
      startResponse('200 OK', PLAIN);
      yield bytes('a');
    })(),
  );
  expect(sink.calls).toEqual(['head 200 OK [Content-Type] until-end', "write 'a'", 'end']);
});

test('write() goes before the body, in order, awaited or not', async () => {
  const sink = await run((_environ, startResponse) => {
    const write = startResponse('200 OK', PLAIN);
    void write(bytes('a'));
    void write(bytes('b'));
    return [bytes('c')];
  });
  expect(sink.calls).toEqual([
    'head 200 OK [Content-Type] until-end',
    "write 'a'",
    "write 'b'",
    "write 'c'",
    'end',
  ]);
});

test('write() throws past the Content-Length', async () => {
  const sink = await run((_environ, startResponse) => {
    const write = startResponse('200 OK', [['Content-Length', '3']]);
    expect(() => write(bytes('four'))).toThrow(TOO_LONG);
    return [bytes('abc')];
  });
  expect(sink.calls).toEqual(["all 200 OK [Content-Length] as-is 'abc'"]);
});

test('write() takes the last declared byte, and bytes alone', async () => {
  const sink = await run(async (_environ, startResponse) => {
    const write = startResponse('200 OK', [['Content-Length', '3']]);
    expect(() => write('text' as never)).toThrow(/not string/);
    await write(bytes('abc'));
    return [];
  });
  expect(sink.calls).toEqual(['head 200 OK [Content-Length] as-is', "write 'abc'", 'end']);
});

test('a header as long as Content-Length is not taken for it', async () => {
  const sink = await run((_environ, startResponse) => {
    startResponse('200 OK', [['X-Request-Name', 'a name']]);
    return [];
  });
  expect(sink.calls).toEqual(["all 200 OK [X-Request-Name] 0 ''"]);
});

test('nothing is sent to a client that left', async () => {
  const sink = new RecordingSink();
  sink.leave();
  const one = answer('200 OK', undefined, () => [bytes('a')]);
  const many = answer('200 OK', undefined, () => pieces('a', 'b'));
  await runApplication(one, sampleEnviron(), sink);
  await runApplication(many, sampleEnviron(), sink);
  expect(sink.calls).toEqual([]);
  expect(sink.errors).toEqual([]);
});

test('nobody waits for a body once the client has left', async () => {
  const sink = new RecordingSink();
  sink.leave();
  const never = { next: () => new Promise<never>(() => {}) };
  const endless = answer('200 OK', undefined, () => ({ [Symbol.asyncIterator]: () => never }));
  await runApplication(endless, sampleEnviron(), sink);
  expect(sink.calls).toEqual([]);
});

test('what a body says when it is left is logged', async () => {
  const sink = new RecordingSink();
  sink.leave();
  const iterator = {
    next: () => new Promise<never>(() => {}),
    return: () => Promise.reject(new Error('in return()')),
  };
  const body = { [Symbol.asyncIterator]: () => iterator };
  await runApplication(
    answer('200 OK', undefined, () => body),
    sampleEnviron(),
    sink,
  );
  expect(sink.messages).toEqual(['in return()']);
});

test('excInfo throws its own error once a whole response was sent', async () => {
  const sink = await run((_environ, startResponse) => {
    startResponse('200 OK', PLAIN);
    return Object.assign([bytes('a')], {
      close: () => void startResponse('500 Late', PLAIN, [new Error('late')]),
    });
  });
  expect(sink.calls).toEqual(["all 200 OK [Content-Type] 1 'a'"]);
  expect(sink.messages).toEqual(['late']);
});

test.for<[what: string, pieces: Bytes[]]>([
  ['a short body', [bytes('a')]],
  ['a body of pieces', [bytes('a'), bytes('b')]],
])('the end of %s is waited for, and told where it fails', async ([, list]) => {
  const sink = await run(
    answer('200 OK', undefined, () =>
      Object.assign([...list], {
        async close() {
          await new Promise(setImmediate);
          throw new Error('in close()');
        },
      }),
    ),
  );
  expect(sink.messages).toEqual(['in close()']);
});

test.for<[what: string, status: string, method: string, calls: string[]]>([
  [
    'a body',
    '200 OK',
    'GET',
    ['head 200 OK [Content-Type] until-end', "write ''", "write 'a'", 'end'],
  ],
  ['HEAD', '200 OK', 'HEAD', ["all 200 OK [Content-Type] as-is ''"]],
  ['a 204', '204 No Content', 'GET', ["all 204 No Content [Content-Type] as-is ''"]],
])('an empty write() sends the head of %s, once', async ([, status, method, calls]) => {
  const sink = new RecordingSink();
  await runApplication(
    async (_environ, startResponse) => {
      const write = startResponse(status, PLAIN);
      await write(bytes(''));
      await write(bytes(''));
      return [bytes('a')];
    },
    sampleEnviron({ REQUEST_METHOD: method }),
    sink,
  );
  expect(sink.calls).toEqual(calls);
});

test('write() after the client went away is no fault of the application', async () => {
  const sink = new RecordingSink();
  await runApplication(
    async (_environ, startResponse) => {
      const write = startResponse('200 OK', PLAIN);
      sink.leave();
      await write(bytes('a'));
      return [];
    },
    sampleEnviron(),
    sink,
  );
  expect(sink.errors).toEqual([]);
});

test('write() throws after the client went away and after the end', async () => {
  const sink = new RecordingSink();
  const writes: Write[] = [];
  await runApplication(
    (_environ, startResponse) => {
      writes.push(startResponse('200 OK', PLAIN));
      return [];
    },
    sampleEnviron(),
    sink,
  );
  const lateWrite = (): unknown => writes.map((write) => write(bytes('a')));
  expect(lateWrite).toThrow('after the end');
  sink.leave();
  expect(lateWrite).toThrow('client went away');
});

test('nothing is to be awaited where application and body are synchronous and short', () => {
  const sink = new RecordingSink();
  const result = runApplication(
    answer('200 OK', undefined, () => [bytes('one')]),
    sampleEnviron(),
    sink,
  );
  expect(result).toBeUndefined();
  expect(sink.calls).toHaveLength(1);
});

test('a body that says it has one piece tells its length', async () => {
  const body = { length: 1, [Symbol.asyncIterator]: () => laterPieces('one') };
  const sink = await run(answer('200 OK', undefined, () => body));
  expect(sink.calls).toEqual(["all 200 OK [Content-Type] 3 'one'"]);
});

test('the next piece is not asked for before the client can take it', async () => {
  const sink = new RecordingSink();
  const { promise, resolve } = Promise.withResolvers<void>();
  sink.drained = promise;
  let asked = 0;
  const done = runApplication(
    answer('200 OK', undefined, function* () {
      for (; asked < 3; asked++) yield bytes('a');
    }),
    sampleEnviron(),
    sink,
  );
  await new Promise(setImmediate);
  expect(asked).toBe(0);
  resolve();
  await done;
  expect(asked).toBe(3);
});

class ClosableBody implements AsyncIterable<Bytes> {
  readonly log: string[] = [];
  readonly #next: () => Promise<IteratorResult<Bytes>>;

  constructor(next: () => Promise<IteratorResult<Bytes>>) {
    this.#next = next;
  }

  [Symbol.asyncIterator](): AsyncIterator<Bytes> {
    return {
      next: this.#next,
      return: async () => {
        this.log.push('return');
        return { done: true, value: undefined };
      },
    };
  }

  close(): void {
    this.log.push('close');
  }
}

const piece = { done: false, value: bytes('a') } as const;
const CLOSINGS: [
  when: string,
  length: string,
  next: () => Promise<IteratorResult<Bytes>>,
  log: string[],
][] = [
  ['at the end', '9', async () => ({ done: true, value: undefined }), ['close']],
  ['after the body threw', '9', () => Promise.reject(new Error('no')), ['close']],
  ['after too many bytes', '3', async () => piece, ['return', 'close']],
  [
    'after a piece that is not bytes',
    '3',
    async () => ({ value: 'text' as unknown as Bytes }),
    ['return', 'close'],
  ],
];

test.for(CLOSINGS)('the body is closed %s', async ([, length, next, log]) => {
  const body = new ClosableBody(next);
  await run(answer('200 OK', length, () => body));
  expect(body.log).toEqual(log);
});

test('the body is closed where the client leaves while it is waited for', async () => {
  const sink = new RecordingSink();
  const asked = Promise.withResolvers<void>();
  const body = new ClosableBody(() => {
    asked.resolve();
    return new Promise(() => {});
  });
  const done = runApplication(
    answer('200 OK', undefined, () => body),
    sampleEnviron(),
    sink,
  );
  await asked.promise;
  sink.leave();
  await done;
  expect(body.log).toEqual(['return', 'close']);
  expect(sink.calls).toEqual([]);
  expect(sink.errors).toEqual([]);
});

test('the body is closed where the client has left before it came', async () => {
  const sink = new RecordingSink();
  const body = new ClosableBody(async () => piece);
  const { promise, resolve } = Promise.withResolvers<Body>();
  const done = runApplication(() => promise, sampleEnviron(), sink);
  sink.leave();
  resolve(body);
  await done;
  expect(body.log).toEqual(['return', 'close']);
});

test('an abort error of a client that left is not a fault', async () => {
  const sink = new RecordingSink();
  sink.leave();
  await runApplication(() => Promise.reject(AbortSignal.abort().reason), sampleEnviron(), sink);
  expect(sink.errors).toEqual([]);
  await runApplication(() => Promise.reject(new Error('a fault')), sampleEnviron(), sink);
  expect(sink.messages).toEqual(['a fault']);
});

test("the client's own fault is answered with its status, and is not the application's", async () => {
  const sink = await run(() => Promise.reject(new ProtocolError(413, 'the body is too large')));
  expect(sink.calls).toEqual(["all 413 Content Too Large [Content-Type] 18 'Content Too Large\n'"]);
  expect(sink.errors).toEqual([]);
});

/** A body whose `close()` fails. */
function unclosable(body: Iterable<Bytes>): Body {
  return Object.assign(body, {
    close() {
      throw new Error('cannot close');
    },
  });
}

test.for<[title: string, body: () => Iterable<Bytes>, calls: string[]]>([
  ['a list', () => [bytes('a')], ["all 200 OK [Content-Type] 1 'a'"]],
  ['a generator', () => pieces('a'), ['head 200 OK [Content-Type] until-end', "write 'a'", 'end']],
])('an error of close() leaves the response to %s complete', async ([, body, calls]) => {
  const sink = await run(answer('200 OK', undefined, () => unclosable(body())));
  expect(sink.calls).toEqual(calls);
  expect(sink.messages).toEqual(['cannot close']);
});

test('two errors are one 500', async () => {
  const body = (): Body => unclosable(['text', 'text'] as never);
  const sink = await run(answer('200 OK', undefined, body));
  expect(sink.calls).toHaveLength(1);
  expect(sink.messages).toEqual([expect.stringContaining('not string'), 'cannot close']);
});

test.for<[name: string, error: unknown]>([
  [
    'an error',
    Object.defineProperty(new Error('planted'), 'message', {
      get() {
        throw new Error('a planted trap');
      },
    }),
  ],
  [
    'a proxy',
    new Proxy(
      {},
      {
        getPrototypeOf() {
          throw new Error('a planted trap');
        },
      },
    ),
  ],
])('%s that throws when it is looked at is answered like any other', async ([, error]) => {
  const sink = new LookingSink();
  const application: Application = () => {
    throw error;
  };
  await runApplication(application, sampleEnviron({ REQUEST_METHOD: 'GET' }), sink);
  expect(sink.calls).toEqual([
    "all 500 Internal Server Error [Content-Type] 22 'Internal Server Error\n'",
  ]);
  expect(sink.messages).toEqual(['the application threw what cannot be looked at']);
});

/** Looks at errors, as a log does. */
class LookingSink extends RecordingSink {
  override logError(error: unknown): void {
    if (error instanceof Error && error.message === '') return;
    super.logError(error);
  }
}

test('headers that are changed after startResponse are sent as they were', async () => {
  const headers: HeaderList = [['Content-Type', 'text/plain']];
  const { calls } = await run((_environ, startResponse) => {
    startResponse('200 OK', headers);
    headers.push(['X-Later', 'a\r\nInjected: b']);
    for (const header of headers) header[0] = 'X-Changed';
    return [bytes('one')];
  });
  expect(calls).toEqual(["all 200 OK [Content-Type] 3 'one'"]);
});

/** Always ready, until the event loop has turned or it is too late. */
function* untilTurn(turned: (hasTurned: boolean) => void): Generator<Bytes> {
  let hasTurned = false;
  setImmediate(() => (hasTurned = true));
  const endMs = performance.now() + 1000;
  while (!hasTurned && performance.now() < endMs) yield bytes('x');
  turned(hasTurned);
}

test.for<[name: string, body: (turned: (hasTurned: boolean) => void) => Body]>([
  ['a generator', untilTurn],
  [
    'an async generator',
    async function* (turned) {
      yield* untilTurn(turned);
    },
  ],
])('%s that is always ready lets the event loop turn', async ([, body]) => {
  const turned = Promise.withResolvers<boolean>();
  await run(answer('200 OK', undefined, () => body(turned.resolve)));
  expect(await turned.promise).toBe(true);
});
