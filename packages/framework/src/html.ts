/** Text that is HTML already: made by `html` or, on the author's word, by `raw`. */
export class Html {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

/** What may stand in `${…}`: nothing is rendered for null, undefined and false. */
export type Renderable =
  Html | string | number | bigint | null | undefined | false | readonly Renderable[];

/** A template tag that escapes every value, except HTML that another `html` or `raw` made. */
export function html(strings: TemplateStringsArray, ...values: readonly Renderable[]): Html {
  let text = strings[0] ?? '';
  for (let index = 0; index < values.length; index++) {
    text += render(values[index]);
    text += strings[index + 1] ?? '';
  }
  return new Html(text);
}

/** Marks text as safe HTML. Never for what came from a client. */
export function raw(text: string): Html {
  return new Html(text);
}

/**
 * Data for a script of the page: an element that no browser runs, whose text
 * `JSON.parse(document.getElementById(id).textContent)` reads.
 *
 * @throws {TypeError} where JSON has no text for it.
 */
export function jsonScript(id: string, data: unknown): Html {
  const text = JSON.stringify(data) as string | undefined;
  if (text === undefined)
    throw new TypeError(`JSON has no text for a value of type ${typeof data}.`);
  const escaped = text.replaceAll(
    /[<>&]/g,
    (character) => `\\u00${character.charCodeAt(0).toString(16)}`,
  );
  return html`<script id="${id}" type="application/json">
    ${raw(escaped)}
  </script>`;
}

const ESCAPED: readonly (string | undefined)[] = Array.from({ length: 0x40 }, (_, code) =>
  `&<>"'`.includes(String.fromCharCode(code)) ? `&#${code};` : undefined,
);

/** Escapes what has a meaning in HTML's text and quoted attributes. By a loop: a page has thousands of these. */
function escapeHtml(text: string): string {
  let escaped = '';
  let end = 0;
  for (let index = 0; index < text.length; index++) {
    const reference = ESCAPED[text.charCodeAt(index)];
    if (reference === undefined) continue;
    escaped += text.slice(end, index) + reference;
    end = index + 1;
  }
  return end === 0 ? text : escaped + text.slice(end);
}

function render(value: Renderable): string {
  if (typeof value === 'string') return escapeHtml(value);
  if (value === null || value === undefined || value === false) return '';
  if (value instanceof Html) return value.toString();
  if (Array.isArray(value)) return value.map(render).join('');
  if (typeof value === 'object') throw new TypeError(unrenderable(value));
  return escapeHtml(String(value));
}

/** The compiler knows; `npm run dev` does not ask it. What is in the value may be a secret. */
function unrenderable(value: object): string {
  const advice = value instanceof Promise ? 'await it first' : 'expected text, numbers and HTML';
  return `html cannot show ${Object.prototype.toString.call(value)}: ${advice}.`;
}
