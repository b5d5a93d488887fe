import { inspect } from 'node:util';
import { asError } from '../errors.ts';
import { html, type Html } from '../html.ts';
import { maskUrls } from '../secrets.ts';
import { framesOf, messageOf, type Frame, type SourceLine } from './frames.ts';

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
    <p class="message">${maskUrls(messageOf(cause))}</p>
    ${stack(cause)}
  </section>`;
}

function stack(error: Error): Html {
  const frames = framesOf(error);
  if (frames.length === 0) return html`<pre class="raw">${maskUrls(inspect(error))}</pre>`;
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
  return html`<li class="${frame.owner}">
    <details ${isOpen ? 'open' : ''}>
      <summary>${place}</summary>
      <pre><code>${frame.source.map((line) => sourceLine(line, frame))}</code></pre>
    </details>
  </li>`;
}

function sourceLine({ number, text }: SourceLine, { line, column }: Frame): Html {
  const label = String(number).padStart(5);
  if (number !== line) return html`<span class="line" data-line="${label}">${text}</span>`;
  const start = text.slice(0, column - 1);
  const [token = ''] = /^(?:new )?(?:[\w$]+|.)/.exec(text.slice(column - 1)) ?? [];
  const rest = text.slice(start.length + token.length);
  return html`<span class="line hit" data-line="${label}"
    >${start}<mark>${token}</mark>${rest}</span
  >`;
}
