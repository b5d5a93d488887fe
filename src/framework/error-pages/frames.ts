import { readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';

/** One line of a stack, in the sources that people wrote. */
export interface Frame {
  readonly name: string;
  /** As it is shown: from the project's root on where it is below that. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Whose code it is; what is neither the project's nor the framework's is foreign. */
  readonly owner: 'project' | 'framework' | 'foreign';
  /** The lines around it; none of what is foreign or cannot be read. */
  readonly source: readonly SourceLine[];
}

export interface SourceLine {
  readonly number: number;
  readonly text: string;
}

const LINES_AROUND = 6;

/**
 * The frames of an error's stack, and before them the places that the message of a compiler names.
 * Where the process runs with source maps, as under tsx and as the commands of this project run it, a
 * stack names the lines of the TypeScript sources already.
 */
export function framesOf(error: Error): Frame[] {
  const places = messageOf(error).matchAll(COMPILER_PLACE);
  const broken = Array.from(places, ([, place = '', line, column]) =>
    makeFrame('(syntax)', place, Number(line), Number(column) + 1),
  );
  return [...broken, ...(error.stack ?? '').split('\n').flatMap(parseStackLine)];
}

/** What the error says, also where that is no text. */
export function messageOf({ message }: { readonly message: unknown }): string {
  return typeof message === 'string' ? message : inspect(message);
}

function parseStackLine(text: string): Frame[] {
  const [, name = '(module)', place, line, column] = STACK_LINE.exec(text) ?? [];
  if (place === undefined) return [];
  return [makeFrame(name, place, Number(line), Number(column))];
}

function makeFrame(name: string, place: string, line: number, column: number): Frame {
  const path = pathOf(place);
  const owner = ownerOf(path);
  const file = path.startsWith(PROJECT_ROOT + sep) ? relative(PROJECT_ROOT, path) : path;
  const source = owner === 'foreign' ? [] : readLines(path, line);
  return { name, file, line, column, owner, source };
}

/** A line of a message may look like one of the stack, and name a file that cannot be. */
function pathOf(place: string): string {
  if (!place.startsWith('file:')) return place;
  try {
    return fileURLToPath(place);
  } catch {
    return place;
  }
}

const PROJECT_ROOT = process.cwd();
const SOURCE_FILE = /\.[cm]?[jt]sx?$/;
const FRAMEWORK_FOLDERS = ['framework', 'gateway', 'wsgi', 'http', 'adapters'].flatMap((folder) => [
  join(PROJECT_ROOT, 'src', folder, sep),
  join(PROJECT_ROOT, 'dist', folder, sep),
]);

/** What is no source file is foreign too: a message may name any file, such as .env. */
function ownerOf(path: string): Frame['owner'] {
  const isOurs = path.startsWith(PROJECT_ROOT + sep) && SOURCE_FILE.test(path);
  if (!isOurs || path.includes(`${sep}node_modules${sep}`)) return 'foreign';
  return FRAMEWORK_FOLDERS.some((folder) => path.startsWith(folder)) ? 'framework' : 'project';
}

function readLines(path: string, line: number): SourceLine[] {
  try {
    const first = Math.max(1, line - LINES_AROUND);
    const lines = readFileSync(path, 'utf8').split('\n');
    return lines
      .slice(first - 1, line + LINES_AROUND)
      .map((text, index) => ({ number: first + index, text: text.trimEnd() }));
  } catch {
    return [];
  }
}

// "at" [ name "(" ] file [ "?" query ] ":" line ":" column [ ")" ], as V8 writes it
const STACK_LINE =
  /^ +at (?:(.+) \()?((?:file:|node:|\/|[A-Za-z]:\\)[^?]*?)(?:\?[^:]*)?:(\d+):(\d+)\)?$/;

// file ":" line ":" column ":", columns counted from 0, as esbuild writes it
const COMPILER_PLACE = /^((?:\/|[A-Za-z]:\\).*):(\d+):(\d+): /gm;
