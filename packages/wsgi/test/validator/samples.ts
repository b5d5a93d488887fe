import { runApplication } from '../../src/run.ts';
import type {
  Application,
  Body,
  Bytes,
  Environ,
  HeaderList,
  StartResponse,
} from '../../src/types.ts';
import { validator } from '../../src/validator.ts';
import { sampleEnviron } from '../environ.ts';
import { RecordingSink } from '../recording-sink.ts';

export const PLAIN: HeaderList = [['Content-Type', 'text/plain']];

export function bytes(text: string): Bytes {
  return Buffer.from(text);
}

export const hello: Application = (_environ, startResponse) => {
  startResponse('200 OK', PLAIN);
  return [bytes('hello')];
};

/** A server's start_response that takes anything. */
export const lenient: StartResponse = () => () => Promise.resolve();

/** What goes wrong when a real server runs this application through the validator. */
export async function faultOf(
  application: Application,
  changes: Partial<Environ> = {},
): Promise<unknown> {
  const sink = new RecordingSink();
  await runApplication(validator(application), sampleEnviron(changes), sink);
  return sink.errors[0];
}

export async function drain(body: Body): Promise<string> {
  let text = '';
  for await (const piece of body) text += Buffer.from(piece).toString();
  return text;
}

/** Calls what types would not let pass. */
export function callWith(target: object, method: string, ...parameters: unknown[]): unknown {
  return Reflect.apply(Reflect.get(target, method) as () => unknown, target, parameters);
}
