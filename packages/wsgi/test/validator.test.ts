import { expect, test } from 'vitest';
import { runApplication } from '../src/run.ts';
import { validator } from '../src/validator.ts';
import { sampleEnviron } from './environ.ts';
import { RecordingSink } from './recording-sink.ts';
import { faultOf, hello, lenient } from './validator/samples.ts';

test('an application that keeps the contract passes unchanged', async () => {
  const sink = new RecordingSink();
  await runApplication(validator(hello), sampleEnviron(), sink);
  expect(sink.calls).toEqual(["all 200 OK [Content-Type] 5 'hello'"]);
  expect(sink.errors).toEqual([]);
});

test('two validators, one inside the other, agree', async () => {
  expect(await faultOf(validator(hello))).toBeUndefined();
});

test('an application is called with two arguments', () => {
  const call = (...parameters: unknown[]): unknown =>
    Reflect.apply(validator(hello), undefined, parameters);
  expect(() => call(sampleEnviron())).toThrow('with environ and start_response');
  expect(() => call(sampleEnviron(), lenient, 3)).toThrow('with environ and start_response');
  expect(() => call(sampleEnviron(), 'start')).toThrow("must be callable: 'start'");
  expect(() => validator('application' as never)).toThrow("callable: 'application'");
});
