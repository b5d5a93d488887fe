import { expect, test } from 'vitest';
import { fileWrapper } from '../src/environ.ts';
import { runApplication } from '../src/run.ts';
import { sampleEnviron } from './environ.ts';
import { RecordingSink } from './recording-sink.ts';

class SampleFile {
  readonly sizes: (number | undefined)[] = [];
  isClosed = false;
  #rest = Buffer.from('abcde');

  read(size?: number): Buffer {
    this.sizes.push(size);
    const block = this.#rest.subarray(0, size);
    this.#rest = this.#rest.subarray(block.length);
    return block;
  }

  close(): void {
    this.isClosed = true;
  }
}

test('a file is sent block by block, and closed', async () => {
  const file = new SampleFile();
  const sink = new RecordingSink();
  await runApplication(
    (_environ, startResponse) => {
      startResponse('200 OK', []);
      const body = fileWrapper(file, 2);
      expect(file.sizes).toEqual([]);
      return body;
    },
    sampleEnviron(),
    sink,
  );
  expect(sink.calls).toEqual([
    'head 200 OK [] until-end',
    "write 'ab'",
    "write 'cd'",
    "write 'e'",
    'end',
  ]);
  expect(file.sizes).toEqual([2, 2, 2, 2]);
  expect(file.isClosed).toBe(true);
});

test('a file without close() needs none', async () => {
  const body = fileWrapper({ read: async () => new Uint8Array(0) });
  await expect(body.close?.()).resolves.toBeUndefined();
});
