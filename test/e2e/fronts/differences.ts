import type { Answer, TwinName } from './twins.ts';

/** A way in which servers differ from the gateway on purpose; docs/servers.md has a row for each. */
export interface Difference {
  /** The first cell of the row. */
  readonly what: string;
  readonly of: readonly Exclude<TwinName, 'gateway'>[];
  /** Only versions that are still about. */
  readonly isOld?: true;
  /** The same answers without it. */
  without(answers: readonly Answer[], sent: string): readonly Answer[];
}

export const DIFFERENCES: readonly Difference[] = [
  {
    what: 'The field Connection',
    of: ['gunicorn', 'uwsgi'],
    without: inHeads((head) => head.replace(/^Connection: .*\r\n/m, '')),
  },
  {
    what: 'The version in an answer to HTTP/1.0',
    of: ['gunicorn', 'uwsgi'],
    without: inHeads((head) => head.replace(/^HTTP\/1\.0/, 'HTTP/1.1')),
  },
  {
    what: 'The body of an answer to HEAD',
    of: ['gunicorn', 'uwsgi'],
    without: (answers, sent) => {
      if (!sent.startsWith('HEAD ')) return answers;
      return answers.map(({ head }) => ({
        head: head.replace(/^Content-Length.*/m, ''),
        body: '',
      }));
    },
  },
  {
    what: '100 Continue, where the body is there already',
    of: ['gunicorn'],
    without: (answers) => answers.filter(({ head }) => !head.startsWith('HTTP/1.1 100 ')),
  },
  {
    what: 'The second request of a pipeline',
    of: ['gunicorn', 'uwsgi'],
    without: (answers) => answers.slice(0, answers.findIndex(isFinal) + 1),
  },
  {
    what: 'A field whose name has a `_`',
    of: ['gunicorn', 'uwsgi'],
    without: (answers, sent) => {
      const names = Array.from(
        sent.matchAll(/^([^\s:]*_[^\s:]*):/gm),
        ([, name = '']) => `HTTP_${name.toUpperCase().replaceAll('-', '_')}=`,
      );
      return inLines((line) => (names.some((name) => line.startsWith(name)) ? '' : line))(answers);
    },
  },
  {
    what: 'A tab, or a space behind the value of a field',
    of: ['gunicorn', 'uwsgi'],
    without: inLines((line) => {
      const [name = '', ...parts] = line.split('=');
      return /^(?:HTTP|CONTENT)_/.test(name) ? `${name}=${parts.join('=').trim()}` : line;
    }),
  },
  {
    what: 'Repeated fields are joined',
    of: ['uwsgi'],
    without: inLines((line) => (line.startsWith('HTTP_') ? line.replaceAll(', ', ',') : line)),
  },
  {
    what: 'Repeated fields of which the first is empty',
    of: ['gunicorn', 'uwsgi'],
    without: inLines((line) => line.replace(/^(HTTP_\w+=), ?/, '$1')),
  },
  {
    what: 'Repeated Cookie',
    of: ['gunicorn', 'uwsgi'],
    without: inLines((line) =>
      line.startsWith('HTTP_COOKIE=') ? line.replaceAll(/[;,] ?/g, ';') : line,
    ),
  },
  {
    what: 'A method in lower case',
    of: ['gunicorn'],
    isOld: true,
    without: inLines((line) => (line.startsWith('REQUEST_METHOD=') ? line.toUpperCase() : line)),
  },
  {
    what: 'An absolute URL as target',
    of: ['gunicorn', 'uwsgi'],
    without: (answers, sent) => {
      if (!/^\S+ https?:/i.test(sent)) return answers;
      const hasHost = /^host:/im.test(sent);
      return inLines((line) =>
        line.startsWith('HTTP_HOST=') && !hasHost
          ? ''
          : line
              .replace(/^PATH_INFO=(?:https?:\/\/[^/]*)?$/i, 'PATH_INFO=/')
              .replace(/^PATH_INFO=https?:\/\/[^/]*/i, 'PATH_INFO='),
      )(answers);
    },
  },
  {
    what: '`OPTIONS *`',
    of: ['gunicorn', 'uwsgi'],
    without: inLines((line) => (line === 'PATH_INFO=*' ? 'PATH_INFO=' : line)),
  },
  {
    what: 'A body in chunks',
    of: ['uwsgi'],
    without: (answers, sent) =>
      /^transfer-encoding:/im.test(sent) ? answers.map(withoutBody) : answers,
  },
  {
    what: 'A length behind a tab',
    of: ['uwsgi'],
    without: (answers, sent) =>
      /^content-length:.*\t/im.test(sent) ? answers.map(withoutBody) : answers,
  },
  {
    what: 'An empty line before a request',
    of: ['uwsgi'],
    without: inBodies((body) => body.replace('REQUEST_METHOD=\r\n', 'REQUEST_METHOD=')),
  },
  {
    what: 'Dot segments, and escapes that are none, in a path',
    of: ['uwsgi'],
    without: (answers, sent) => {
      const [target = ''] = /\/\S*/.exec(sent) ?? [];
      if (!/\/\.|%(?![\da-f]{2})/i.test(target)) return answers;
      return inLines((line) => (line.startsWith('PATH_INFO=') ? '' : line))(answers);
    },
  },
];

export function isFinal({ head }: Answer): boolean {
  return !head.startsWith('HTTP/1.1 1');
}

/** What twin.py tells of environ, before the body that came. */
function withoutBody({ head, body }: Answer): Answer {
  const [told = ''] = /^(?:[A-Z_]+=.*\n)*/.exec(body) ?? [];
  return { head, body: told };
}

type Change = (text: string) => string;

function inHeads(change: Change): (answers: readonly Answer[]) => readonly Answer[] {
  return (answers) => answers.map(({ head, body }) => ({ head: change(head), body }));
}

function inBodies(change: Change): (answers: readonly Answer[]) => readonly Answer[] {
  return (answers) => answers.map(({ head, body }) => ({ head, body: change(body) }));
}

/** A line that becomes empty goes. */
function inLines(change: Change): (answers: readonly Answer[]) => readonly Answer[] {
  return inBodies((body) =>
    body
      .split('\n')
      .map((line) => (line === '' ? line : change(line) || undefined))
      .filter((line) => line !== undefined)
      .join('\n'),
  );
}
