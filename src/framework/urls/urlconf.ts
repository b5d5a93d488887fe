import { inspect } from 'node:util';
import { closestMatch } from 'leven';
import { takeErrorHandlers } from '../error-handlers.ts';
import { ImproperlyConfigured } from '../errors.ts';
import { importSetting } from '../import-setting.ts';
import type { Include, Route, UrlPattern, View } from './path.ts';
import { compilePattern, type Pattern } from './pattern.ts';

/** One pattern with its prefixes, ready to match. */
export interface CompiledRoute {
  readonly pattern: Pattern;
  readonly view: View<never>;
  /** With its namespaces: `shop:item`. */
  readonly name: string | undefined;
}

/** All routes of a project, in the order in which they are tried. */
export interface Urlconf {
  readonly routes: readonly CompiledRoute[];
  readonly byName: ReadonlyMap<string, readonly CompiledRoute[]>;
}

/**
 * Imports a module's `urlpatterns`, which `reverse` answers from thereafter, and its error handlers.
 *
 * @throws {ImproperlyConfigured} where ROOT_URLCONF, a pattern, or a name given to `lazyReverse` is wrong.
 */
export async function loadUrlconf(moduleName: string): Promise<Urlconf> {
  const exports = await importSetting('ROOT_URLCONF', moduleName, 'myproject.urls');
  const { urlpatterns } = exports;
  if (!Array.isArray(urlpatterns)) {
    throw new ImproperlyConfigured(
      `ROOT_URLCONF is '${moduleName}', which has no list urlpatterns: export one.`,
    );
  }
  takeErrorHandlers(exports, moduleName);
  loaded = compileUrlconf(urlpatterns as readonly UrlPattern[]);
  requirePromisedNames(loaded);
  return loaded;
}

/** Says that some pattern has this name: the URLconf that is loaded next, with its views, is held to it. */
export function promiseName(name: string): void {
  promisedNames.add(name);
}

export function unknownName(name: string, { byName }: Urlconf): string {
  const suggestion = closestMatch(name, [...byName.keys()], {
    maxDistance: Math.max(2, name.length / 3),
  });
  return `No URL pattern is named '${name}'${suggestion ? `: did you mean '${suggestion}'?` : '.'}`;
}

export function compileUrlconf(urlpatterns: readonly UrlPattern[]): Urlconf {
  const routes = flatten(urlpatterns, '', '');
  const byName = Map.groupBy(
    routes.filter(({ name }) => name !== undefined),
    ({ name }) => name ?? '',
  );
  return { routes, byName };
}

/** @throws {ImproperlyConfigured} before `loadUrlconf`. */
export function loadedUrlconf(): Urlconf {
  if (loaded) return loaded;
  throw new ImproperlyConfigured('The URLconf is not loaded: await getWsgiApplication() first.');
}

let loaded: Urlconf | undefined;
const promisedNames = new Set<string>();

function requirePromisedNames(urlconf: Urlconf): void {
  const missing = [...promisedNames].filter((name) => !urlconf.byName.has(name));
  promisedNames.clear();
  if (missing.length === 0) return;
  throw new ImproperlyConfigured(missing.map((name) => unknownName(name, urlconf)).join('\n'));
}

function flatten(
  urlpatterns: readonly UrlPattern[],
  prefix: string,
  namespace: string,
): CompiledRoute[] {
  return urlpatterns.flatMap((entry) => {
    requirePattern(entry);
    if ('urlpatterns' in entry) {
      const inner = entry.namespace ? `${namespace}${entry.namespace}:` : namespace;
      requireUrlpatterns(entry, prefix);
      return flatten(entry.urlpatterns, prefix + entry.prefix, inner);
    }
    const name = entry.name === undefined ? undefined : namespace + entry.name;
    requireView(entry, prefix);
    return [{ pattern: compilePattern(prefix + entry.pattern), view: entry.view, name }];
  });
}

// tsx does not check types, and what modules that import each other export is undefined at first.
function requirePattern(entry: unknown): void {
  if (typeof entry === 'object' && entry !== null) return;
  throw new ImproperlyConfigured(
    `urlpatterns has ${inspect(entry)}: expected what path() or include() gives.`,
  );
}

function requireUrlpatterns({ prefix, urlpatterns }: Include, outer: string): void {
  if (Array.isArray(urlpatterns)) return;
  throw new ImproperlyConfigured(
    `include('${outer}${prefix}') has the urlpatterns ${inspect(urlpatterns)}: expected a list.`,
  );
}

function requireView({ pattern, view }: Route, outer: string): void {
  if (typeof view === 'function') return;
  throw new ImproperlyConfigured(
    `URL pattern '${outer}${pattern}' has the view ${inspect(view)}: expected a function.`,
  );
}
