import { readFileSync } from 'node:fs';
import { relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { asError } from '../errors.ts';
import { html, type Html } from '../html.ts';
import { maskText } from '../secrets.ts';

const MOST_CAUSES = 10;
/** Frames that are shown with their lines at once: those where the fault most likely is. */
const OPEN_FRAMES = 2;

/** An error, then its cause, the cause of that, and so on; those of an AggregateError follow it. */
export function causesOf(error: Error): Error[] {
  const found: Error[] = [];
  const queue: unknown[] = [error];
  while (queue.length > 0 && found.length < MOST_CAUSES) {
    const next = queue.shift();
    if (next === undefined) continue;
    const fault = asError(next);
    if (found.includes(fault)) continue;
    found.push(fault);
    queue.push(fault.cause, ...(fault instanceof AggregateError ? fault.errors : []));
  }
  return found;
}

/** The stack of an error, and those of its causes. */
export function faultSections(error: Error): Html {
  const [, ...causes] = causesOf(error);
  return html`<section aria-labelledby="stack">
      <h2 id="stack">Stack</h2>
      ${stack(error)}
    </section>
    ${causes.map(causeSection)}`;
}

function causeSection(cause: Error): Html {
  return html`<section>
    <h2>Caused by ${cause.name}</h2>
    <p class="message">${maskText(messageOf(cause))}</p>
    ${stack(cause)}
  </section>`;
}

function stack(error: Error): Html {
  const frames = framesOf(error);
  if (frames.length === 0) return html`<pre class="raw">${maskText(inspect(error))}</pre>`;
  const readable = frames.filter(({ source }) => source.length > 0);
  const owned = readable.filter(({ owner }) => owner === 'project');
  const open = new Set((owned.length > 0 ? owned : readable).slice(0, OPEN_FRAMES));
  return html`<ol class="frames">
    ${frames.map((frame) => frameItem(frame, open.has(frame)))}
  </ol>`;
}

function frameItem(frame: Frame, isOpen: boolean): Html {
  const place = html`<b>${frame.name}</b>
    <span class="place">${frame.file}:${frame.line}:${frame.column}</span>`;
  if (frame.source.length === 0) return html`<li class="${frame.owner}"><p>${place}</p></li>`;
  const first = firstLine(frame.line);
  return html`<li class="${frame.owner}">
    <details ${isOpen ? 'open' : ''}>
      <summary>${place}</summary>
      <pre><code>${frame.source.map((text, index) => sourceLine(text, first + index, frame))}</code></pre>
    </details>
  </li>`;
}

function sourceLine(text: string, number: number, { line, column }: Frame): Html {
  const label = String(number).padStart(5);
  if (number !== line) return html`<span class="line" data-line="${label}">${text}</span>`;
  const start = text.slice(0, column - 1);
  const [token = ''] = /^(?:new )?(?:[\w$]+|.)/.exec(text.slice(column - 1)) ?? [];
  const rest = text.slice(start.length + token.length);
  return html`<span class="line hit" data-line="${label}"
    >${start}<mark>${token}</mark>${rest}</span
  >`;
}

/** What the error says, also where that is no text. */
export function messageOf({ message }: { readonly message: unknown }): string {
  return typeof message === 'string' ? message : inspect(message);
}

/** One line of a stack, in the sources that people wrote. */
interface Frame {
  readonly name: string;
  /** As it is shown: from the project's root on where it is below that. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Whose code it is; what is neither the project's nor the framework's is foreign. */
  readonly owner: 'project' | 'framework' | 'foreign';
  /** The lines around it; none of what is foreign or cannot be read. */
  readonly source: readonly string[];
}

const LINES_AROUND = 6;

/**
 * The frames of an error's stack, and before them the places that the message of a compiler names.
 * Where the process runs with source maps, as under tsx and as the commands of this project run it, a
 * stack names the lines of the TypeScript sources already.
 */
function framesOf(error: Error): Frame[] {
  const places = messageOf(error).matchAll(COMPILER_PLACE);
  const broken = Array.from(places, ([, place = '', line, column]) =>
    makeFrame('(syntax)', place, Number(line), Number(column) + 1),
  );
  return [...broken, ...(error.stack ?? '').split('\n').flatMap(parseStackLine)];
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
const PACKAGES = resolve(import.meta.dirname, '../../..');
const SOURCE_OF_PACKAGE = /^[\w-]+[/\\](?:src|dist)[/\\]/;

/** What is no source file is foreign too: a message may name any file, such as .env. */
function ownerOf(path: string): Frame['owner'] {
  if (!SOURCE_FILE.test(path) || path.includes(`${sep}node_modules${sep}`)) return 'foreign';
  if (SOURCE_OF_PACKAGE.test(relative(PACKAGES, path))) return 'framework';
  return path.startsWith(PROJECT_ROOT + sep) ? 'project' : 'foreign';
}

function readLines(path: string, line: number): string[] {
  try {
    const lines = readFileSync(path, 'utf8').split('\n');
    return lines.slice(firstLine(line) - 1, line + LINES_AROUND).map((text) => text.trimEnd());
  } catch {
    return [];
  }
}

function firstLine(line: number): number {
  return Math.max(1, line - LINES_AROUND);
}

// "at" [ name "(" ] file [ "?" query ] ":" line ":" column [ ")" ], as V8 writes it
const STACK_LINE =
  /^ +at (?:(.+) \()?((?:file:|node:|\/|[A-Za-z]:\\)[^?]*?)(?:\?[^:]*)?:(\d+):(\d+)\)?$/;

// file ":" line ":" column ":", columns counted from 0, as esbuild writes it
const COMPILER_PLACE = /^((?:\/|[A-Za-z]:\\).*):(\d+):(\d+): /gm;
