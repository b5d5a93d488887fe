import type { TestEvent } from 'node:test/reporters';

/** Of `node --test`: each test that passed, by file and name, one a line. */
export default async function* passed(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const { type, data } of events) {
    if (type !== 'test:pass' || data.details.type === 'suite' || data.skip !== undefined) continue;
    yield `${JSON.stringify(`${data.file} ${data.name}`)}\n`;
  }
}
