import { inspect } from 'node:util';
import type { Awaitable } from '@wsgi/wsgi';
import { ImproperlyConfigured, nearestName, NoPatternMatches } from '../errors.ts';
import type { HttpRequest } from '../request.ts';
import { moved, type HttpResponse } from '../response.ts';
import { importSetting, settings } from '../settings.ts';
import type { Route, UrlPattern, View } from './path.ts';
import { compilePattern, matchPattern, type ParamValues, type Pattern } from './pattern.ts';
import { oneSlash } from './script-prefix.ts';

/** One pattern with its prefixes, ready to match. */
export interface CompiledRoute {
  readonly pattern: Pattern;
  readonly view: View<never>;
  /** With its namespaces: `shop:item`. */
  readonly name: string | undefined;
}

/** All routes of a project, in the order in which they are tried, and its own pages for errors. */
export interface Urlconf {
  readonly routes: readonly CompiledRoute[];
  readonly byName: ReadonlyMap<string, readonly CompiledRoute[]>;
  readonly errorHandlers: ErrorHandlers;
}

/**
 * A project's own page for an error: exported by the URLconf's module as `handler404`, and so on for
 * each status from 400 on. Its response has the error's status unless it says another; undefined
 * leaves the answer to the framework, as for clients that take no page.
 */
export type ErrorHandler = (
  request: HttpRequest,
  error: Error,
) => Awaitable<HttpResponse | undefined>;

/** By the statuses that they answer. */
export type ErrorHandlers = ReadonlyMap<number, ErrorHandler>;

/** A view with the parameters that it is called with. */
interface Match {
  readonly pattern: Pattern;
  readonly view: View<ParamValues>;
  readonly params: ParamValues;
}

/**
 * Imports a module's `urlpatterns`, which `reverse` answers from thereafter, and its error handlers.
 *
 * @throws {ImproperlyConfigured} with all that is wrong: ROOT_URLCONF, patterns, names given to `lazyReverse`.
 */
export async function loadUrlconf(moduleName: string): Promise<Urlconf> {
  const exports = await importSetting('ROOT_URLCONF', moduleName, 'myproject.urls');
  const { urlpatterns } = exports;
  if (!Array.isArray(urlpatterns)) {
    throw new ImproperlyConfigured(
      `ROOT_URLCONF is '${moduleName}', which has no list urlpatterns: export one.`,
    );
  }
  const errorHandlers = errorHandlersOf(exports, moduleName);
  loaded = compileUrlconf(urlpatterns as readonly UrlPattern[], errorHandlers);
  requirePromisedNames(loaded);
  return loaded;
}

export function compileUrlconf(
  urlpatterns: readonly UrlPattern[],
  errorHandlers: ErrorHandlers = new Map(),
): Urlconf {
  const problems: string[] = [];
  const routes = flatten(urlpatterns, '', '', problems);
  if (problems.length > 0) throw new ImproperlyConfigured(problems);
  const byName = Map.groupBy(
    routes.filter(({ name }) => name !== undefined),
    ({ name }) => name ?? '',
  );
  return { routes, byName, errorHandlers };
}

/**
 * The first view whose pattern matches; under APPEND_SLASH, a redirect where a slash alone is missing.
 *
 * @throws {NoPatternMatches} where nothing matches.
 */
export function resolve(urlconf: Urlconf, { path }: HttpRequest): Match {
  const match = findMatch(urlconf, path) ?? missingSlash(urlconf, path);
  if (match) return match;
  throw new NoPatternMatches(path, urlconf.routes);
}

function findMatch(urlconf: Urlconf, path: string): Match | undefined {
  for (const { pattern, view } of urlconf.routes) {
    const params = matchPattern(pattern, path);
    // The pattern's own types made sure that the view takes what the pattern gives.
    if (params) return { pattern, view: view as View<ParamValues>, params };
  }
  return undefined;
}

function missingSlash(urlconf: Urlconf, path: string): Match | undefined {
  if (!settings.APPEND_SLASH || path.endsWith('/')) return undefined;
  const match = findMatch(urlconf, `${path}/`);
  return match && { ...match, view: appendSlash };
}

function appendSlash(request: HttpRequest): HttpResponse {
  return moved(request, oneSlash(`${request.quotedPath}/`));
}

/** @throws {ImproperlyConfigured} before `loadUrlconf`. */
export function loadedUrlconf(): Urlconf {
  if (loaded) return loaded;
  throw new ImproperlyConfigured('The URLconf is not loaded: await getWsgiApplication() first.');
}

/** Says that some pattern has this name: the URLconf that is loaded next, with its views, is held to it. */
export function promiseName(name: string): void {
  promisedNames.add(name);
}

export function unknownName(name: string, { byName }: Urlconf): string {
  const suggestion = nearestName(name, byName.keys());
  return `No URL pattern is named '${name}'${suggestion ? `: did you mean '${suggestion}'?` : '.'}`;
}

let loaded: Urlconf | undefined;
const promisedNames = new Set<string>();

function requirePromisedNames(urlconf: Urlconf): void {
  const missing = [...promisedNames].filter((name) => !urlconf.byName.has(name));
  promisedNames.clear();
  if (missing.length === 0) return;
  throw new ImproperlyConfigured(missing.map((name) => unknownName(name, urlconf)));
}

function errorHandlersOf(exports: Readonly<Record<string, unknown>>, moduleName: string) {
  const handlers = new Map<number, ErrorHandler>();
  for (const [name, handler] of Object.entries(exports)) {
    const [, status] = /^handler([45]\d\d)$/.exec(name) ?? [];
    if (status === undefined) continue;
    if (typeof handler !== 'function') {
      throw new ImproperlyConfigured(
        `${name} of '${moduleName}' is ${typeof handler}: expected a function of the request and the error.`,
      );
    }
    handlers.set(Number(status), handler as ErrorHandler);
  }
  return handlers;
}

// tsx does not check types, and what modules that import each other export is undefined at first.
function flatten(
  urlpatterns: readonly UrlPattern[],
  prefix: string,
  namespace: string,
  problems: string[],
): CompiledRoute[] {
  if (!Array.isArray(urlpatterns)) {
    problems.push(unexpected(`include('${prefix}') has the urlpatterns`, urlpatterns, 'a list'));
    return [];
  }
  return (urlpatterns as readonly UrlPattern[]).flatMap((entry) => {
    if (typeof (entry as unknown) !== 'object' || (entry as unknown) === null) {
      problems.push(unexpected('urlpatterns has', entry, 'what path() or include() gives'));
      return [];
    }
    if ('urlpatterns' in entry) {
      const inner = entry.namespace ? `${namespace}${entry.namespace}:` : namespace;
      return flatten(entry.urlpatterns, prefix + entry.prefix, inner, problems);
    }
    return compileRoute(entry, prefix, namespace, problems);
  });
}

function compileRoute(
  { pattern, view, name }: Route,
  prefix: string,
  namespace: string,
  problems: string[],
): CompiledRoute[] {
  const source = prefix + pattern;
  if (typeof view !== 'function') {
    problems.push(unexpected(`URL pattern '${source}' has the view`, view, 'a function'));
    return [];
  }
  try {
    const fullName = name === undefined ? undefined : namespace + name;
    return [{ pattern: compilePattern(source), view, name: fullName }];
  } catch (error) {
    if (!(error instanceof ImproperlyConfigured)) throw error;
    problems.push(...error.problems);
    return [];
  }
}

function unexpected(what: string, value: unknown, expected: string): string {
  return `${what} ${inspect(value)}: expected ${expected}.`;
}
