import { connect } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { WriteStream } from 'node:tty';
import { ConfigError, messageOf, UsageError } from '../errors.ts';
import { END_OF_FILE } from '../messages.ts';
import { parseWords } from '../settings/command-line.ts';
import { findGateway, SOCKET_OPTION } from './control.ts';

const SECONDS_MAX = 3600;

/**
 * `gateway profile WORKER [--seconds N]`: what a worker does for some seconds, as a .cpuprofile on standard
 * output.
 *
 * @throws {UsageError} where that is a terminal.
 * @throws {ConfigError} where the worker gives no whole file.
 */
export async function profile(args: string[], stdout: WriteStream): Promise<void> {
  const seconds = { type: 'string', default: '10' } as const;
  const options = { ...SOCKET_OPTION, seconds };
  const { values, positionals } = parseWords({ args, options, allowPositionals: true });
  const worker = workerIn('profile', positionals);
  if (!/^[1-9]\d*$/.test(values.seconds) || Number(values.seconds) > SECONDS_MAX) {
    throw new UsageError(
      `--seconds is '${values.seconds}': expected a number from 1 to ${SECONDS_MAX}`,
    );
  }
  requireFile(stdout, 'profile', 'worker.cpuprofile');
  await printFile(values.socket, `profile ${worker} ${values.seconds}`, stdout);
}

/** `gateway heap WORKER`: what a worker holds, as a .heapsnapshot. @throws as `profile` */
export async function heap(args: string[], stdout: WriteStream): Promise<void> {
  const words = parseWords({ args, options: SOCKET_OPTION, allowPositionals: true });
  const worker = workerIn('heap', words.positionals);
  requireFile(stdout, 'heap', 'worker.heapsnapshot');
  await printFile(words.values.socket, `heap ${worker}`, stdout);
}

function workerIn(command: string, [worker = '', ...rest]: readonly string[]): string {
  if (/^\d{1,9}$/.test(worker) && rest.length === 0) return worker;
  throw new UsageError(`${command} wants the number of one worker, as gateway stats shows it`);
}

function requireFile(stdout: WriteStream, command: string, file: string): void {
  if (!stdout.isTTY) return;
  throw new UsageError(`${command} prints a file: lead it to one, as by > ${file}`);
}

async function printFile(
  socketPath: string | undefined,
  request: string,
  stdout: WriteStream,
): Promise<void> {
  const { path } = await findGateway(socketPath);
  const gateway = connect({ path });
  gateway.write(`${request}\n`);
  try {
    await pipeline(gateway, fileIn, stdout, { end: false });
    // The process ends behind this, with what is not written yet.
    await new Promise((resolve) => stdout.write('', resolve));
  } catch (cause) {
    throw new ConfigError(`There is no whole file: ${messageOf(cause)}.`, { cause });
  }
}

/** What comes up to the end of the file; what stands behind that says why there is no more of it. */
async function* fileIn(answer: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let ending = '';
  for await (const part of answer) {
    const end = ending === '' ? part.indexOf(END_OF_FILE) : 0;
    if (end !== -1) ending += part.toString('utf8', end);
    yield end === -1 ? part : part.subarray(0, end);
  }
  if (ending !== END_OF_FILE) throw new Error(ending.slice(1) || 'the worker has ended');
}
