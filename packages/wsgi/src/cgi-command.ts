import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { Writable } from 'node:stream';
import { runCgi, type CgiVariables } from './adapters/cgi.ts';
import { importModule } from './names.ts';
import type { Application } from './types.ts';

// `wsgi-cgi MODULE[:ATTRIBUTE]`, as gateway has it: what a web server runs once for each request.

// A client's field named Proxy would be the proxy of what the application fetches.
const variables = cgiVariables();
delete process.env['HTTP_PROXY'];

const output = takeOutput();

try {
  const application = await load(process.argv[2] ?? '');
  const isComplete = await runCgi(application, variables, { input: process.stdin, output });
  process.exit(isComplete ? 0 : 1);
} catch (error) {
  process.stderr.write(`wsgi-cgi: ${error instanceof Error ? error.message : inspect(error)}\n`);
  process.exit(2);
}

async function load(name: string): Promise<Application> {
  if (variables['REQUEST_METHOD'] === undefined || name === '') {
    throw new Error('usage: wsgi-cgi MODULE[:ATTRIBUTE], run by a web server for a request');
  }
  const [, module = name, attribute = 'application'] = /^(.+):([\w$]+)$/.exec(name) ?? [];
  const application = (await importModule(module))[attribute];
  if (typeof application !== 'function') {
    throw new Error(`'${module}' has no callable '${attribute}'`);
  }
  return application as Application;
}

/** As bytes; Node itself decodes them as UTF-8, and loses what is none. */
function cgiVariables(): CgiVariables {
  return Object.fromEntries(
    environmentLines().map((line) => {
      const sign = line.indexOf('=');
      return [line.slice(0, sign), line.slice(sign + 1)];
    }),
  );
}

function environmentLines(): string[] {
  try {
    return readFileSync('/proc/self/environ', 'latin1').split('\0').slice(0, -1);
  } catch {
    return Object.entries(process.env).map(([name, value]) =>
      Buffer.from(`${name}=${value}`).toString('latin1'),
    );
  }
}

/** Standard output is the response's alone: what the application prints there goes to the server's log. */
function takeOutput(): Writable {
  const { stdout, stderr } = process;
  const write = stdout.write.bind(stdout);
  stdout.write = stderr.write.bind(stderr);
  return new Writable({
    write: (chunk: Uint8Array, _encoding, done) => void write(chunk, (error) => done(error)),
  });
}
