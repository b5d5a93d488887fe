import { TOKEN } from '../headers.ts';
import type { Environ } from '../types.ts';
import { requires } from './contract.ts';

/** PEP 3333 "environ Variables": what a server owes. */
export function checkEnviron(environ: Environ): void {
  for (const clause of CLAUSES) clause(environ);
}

const CLAUSES: readonly ((environ: Environ) => void)[] = [
  plainDictionary,
  requiredVariables,
  presentVariables,
  requiredWsgiVariables,
  stringsOfBytes,
  contentVariablesWithoutPrefix,
  upperCaseHeaders,
  extensionNames,
  grammar,
  scriptName,
  version,
  urlScheme,
  flags,
  streams,
];

/** "This object must be a builtin Python dictionary (not a subclass …)". */
function plainDictionary(environ: unknown): void {
  const isObject = typeof environ === 'object' && environ !== null;
  requires(isObject, 'environ must be an object', environ);
  const isPlain = [null, Object.prototype].includes(Object.getPrototypeOf(environ));
  requires(isPlain, 'environ must be a plain object, not of a class', environ);
  requires(Object.isExtensible(environ), 'environ must be open to changes', environ);
}

/** REQUEST_METHOD, SERVER_NAME and SERVER_PORT "can never be an empty string, and so … always required". */
function requiredVariables(environ: Environ): void {
  for (const name of ['REQUEST_METHOD', 'SERVER_NAME', 'SERVER_PORT'] as const) {
    const value: unknown = environ[name];
    requires(typeof value === 'string' && value !== '', `${name} must not be empty`, value);
  }
}

/** These "may be empty". PEP 3333 lets a server leave them out then; `Environ` does not, so that they can be read plainly. */
function presentVariables(environ: Environ): void {
  for (const name of PRESENT_VARIABLES) {
    requires(typeof environ[name] === 'string', `${name} must be set, if to ''`, environ[name]);
  }
}

/** "A WSGI-compliant server must also provide" the `wsgi` variables. */
function requiredWsgiVariables(environ: Environ): void {
  for (const name of WSGI_VARIABLES) {
    requires(environ[name] !== undefined, `environ must have ${name}`, Object.keys(environ));
  }
}

/** "Unicode Issues": strings hold "code points … through \u00FF" alone. */
function stringsOfBytes(environ: Environ): void {
  for (const [name, value] of Object.entries(environ)) {
    if (name.includes('.')) continue;
    requires(typeof value === 'string', `${name} must be a string, or absent`, value);
    requires(BYTES.test(value), `${name} must be latin1: decode bytes with 'latin1'`, value);
  }
}

/** RFC 3875 §4.1.18: these two have variables of their own. */
function contentVariablesWithoutPrefix(environ: Environ): void {
  for (const name of ['CONTENT_TYPE', 'CONTENT_LENGTH']) {
    const prefixed = `HTTP_${name}` as const;
    requires(!(prefixed in environ), `the header belongs in ${name}`, prefixed);
  }
}

/** RFC 3875 §4.1.18: "converted to upper case", with `_` for `-`. */
function upperCaseHeaders(environ: Environ): void {
  for (const name of Object.keys(environ)) {
    const isHeader = name.toUpperCase().startsWith('HTTP_');
    requires(!isHeader || !/[a-z-]/.test(name), "write it in upper case, with '_' for '-'", name);
  }
}

/** "only lower-case letters, numbers, dots, and underscores". */
function extensionNames(environ: Environ): void {
  for (const name of Object.keys(environ)) {
    const isExtension = name.includes('.') && !name.startsWith('HTTP_');
    const isRight = !isExtension || /^[a-z0-9_.]+$/.test(name);
    const rule = "an extension's name is lower-case letters, digits, dots and underscores";
    requires(isRight, rule, name);
  }
}

function grammar(environ: Environ): void {
  for (const [name, pattern, what] of GRAMMAR) {
    requires(pattern.test(environ[name]), `${name} must be ${what}`, environ[name]);
  }
}

/** SCRIPT_NAME and PATH_INFO are the two parts of one path. */
function scriptName({ SCRIPT_NAME }: Environ): void {
  requires(SCRIPT_NAME !== '/', "make it '' and PATH_INFO '/': SCRIPT_NAME cannot be", SCRIPT_NAME);
}

/** "The tuple (1, 0)". */
function version(environ: Environ): void {
  const value: unknown = environ['wsgi.version'];
  const isVersion = Array.isArray(value) && value.length === 2 && value[0] === 1 && value[1] === 0;
  requires(isVersion, 'wsgi.version must be [1, 0]', value);
}

/** "Normally, this will have the value "http" or "https"". */
function urlScheme(environ: Environ): void {
  const scheme = environ['wsgi.url_scheme'];
  requires(['http', 'https'].includes(scheme), "wsgi.url_scheme must be 'http' or 'https'", scheme);
}

function flags(environ: Environ): void {
  for (const name of ['wsgi.multithread', 'wsgi.multiprocess', 'wsgi.run_once'] as const) {
    requires(typeof environ[name] === 'boolean', `${name} must be true or false`, environ[name]);
  }
}

/** "Input and Error Streams": "must support" the methods of the table. */
function streams(environ: Environ): void {
  const methods = ['read', 'readline', 'readlines', Symbol.asyncIterator];
  hasMethods('wsgi.input', environ['wsgi.input'], methods);
  hasMethods('wsgi.errors', environ['wsgi.errors'], ['flush', 'write', 'writelines']);
}

function hasMethods(name: string, stream: object, methods: readonly PropertyKey[]): void {
  requires(typeof stream === 'object' && stream !== null, `${name} must be a stream`, stream);
  for (const method of methods) {
    const value: unknown = Reflect.get(stream, method);
    requires(typeof value === 'function', `${name} must have the method ${String(method)}`, value);
  }
}

const PRESENT_VARIABLES = [
  'SCRIPT_NAME',
  'PATH_INFO',
  'QUERY_STRING',
  'CONTENT_TYPE',
  'CONTENT_LENGTH',
  'SERVER_PROTOCOL',
] as const;

const WSGI_VARIABLES = [
  'wsgi.version',
  'wsgi.url_scheme',
  'wsgi.input',
  'wsgi.errors',
  'wsgi.multithread',
  'wsgi.multiprocess',
  'wsgi.run_once',
] as const;

const PATH = /^(?:\/|$)/;

const GRAMMAR = [
  // RFC 9110 §9.1: method = token.
  ['REQUEST_METHOD', TOKEN, 'a token'],
  ['SCRIPT_NAME', PATH, "'' or start with '/'"],
  ['PATH_INFO', PATH, "'' or start with '/'"],
  // "CONTENT_LENGTH … May be empty or missing."
  ['CONTENT_LENGTH', /^[0-9]*$/, 'digits or empty'],
  ['SERVER_PORT', /^[0-9]+$/, 'digits'],
] as const;

// One character for each byte: none above U+00FF.
const BYTES = /^[^\u0100-\uffff]*$/;
