import type { Bytes, ErrorStream, InputStream } from '../types.ts';
import { ContractError, requires } from './contract.ts';

/** PEP 3333 "Input and Error Streams": the application calls what is there, the server answers with bytes. */
export function checkedInput(input: InputStream): InputStream {
  return {
    async read(...sizes: [number?]) {
      sizeOnly('read', sizes);
      return bytesUpTo(sizes[0], await input.read(...sizes));
    },
    async readline(...sizes: [number?]) {
      sizeOnly('readline', sizes);
      return oneLine(bytesUpTo(sizes[0], await input.readline(...sizes)));
    },
    async readlines(...hints: [number?]) {
      sizeOnly('readlines', hints);
      const lines = await input.readlines(...hints);
      requires(Array.isArray(lines), 'readlines() must give a list', lines);
      return lines.map((line) => oneLine(bytesUpTo(undefined, line)));
    },
    async *[Symbol.asyncIterator]() {
      for await (const piece of input) yield bytesUpTo(undefined, piece);
    },
    ...NEVER_CLOSED,
  };
}

export function checkedErrors(errors: ErrorStream): ErrorStream {
  return {
    write(...texts: [string]) {
      requires(texts.length === 1, 'errors.write() takes one string', texts);
      errors.write(textOnly(texts[0]));
    },
    writelines(lines) {
      for (const line of lines) errors.write(textOnly(line));
    },
    flush: () => errors.flush(),
    ...NEVER_CLOSED,
  };
}

/** The table's signatures: at most one argument, an integer. */
function sizeOnly(method: string, sizes: readonly unknown[]): void {
  requires(sizes.length <= 1, `input.${method}() takes a size alone`, sizes);
  const [size] = sizes;
  const isSize = size === undefined || Number.isInteger(size);
  requires(isSize, `input.${method}() takes an integer`, size);
}

/** "read(size)": never more than was asked for. */
function bytesUpTo(size: number | undefined, bytes: Bytes): Bytes {
  requires(bytes instanceof Uint8Array, 'wsgi.input must give Uint8Array', bytes);
  const isWithin = size === undefined || size < 0 || bytes.length <= size;
  requires(isWithin, `wsgi.input gave more than ${size} bytes`, bytes.length);
  return bytes;
}

/** A line ends at its first line feed. */
function oneLine(line: Bytes): Bytes {
  const lineFeed = line.indexOf(0x0a);
  requires(lineFeed < 0 || lineFeed === line.length - 1, 'a line must end at its line feed', line);
  return line;
}

function textOnly(text: unknown): string {
  requires(typeof text === 'string', 'wsgi.errors takes strings', text);
  return text;
}

/** "applications conforming to this specification must not … close()". */
const NEVER_CLOSED = {
  close() {
    throw new ContractError("the application must not close the server's streams");
  },
};
