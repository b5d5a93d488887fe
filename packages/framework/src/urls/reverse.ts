import type { ParamValues, Pattern } from './pattern.ts';
import { oneSlash, quotePath, scriptPrefix } from './script-prefix.ts';
import { loadedUrlconf, promiseName, unknownName } from './urlconf.ts';

/**
 * The path of a named URL pattern: `reverse('shop:item', { id: 7 })`. Its prefix is FORCE_SCRIPT_NAME:
 * outside of a request there is no other.
 *
 * @throws where no pattern has the name, or none takes these parameters.
 */
export function reverse(name: string, params: ParamValues = {}): string {
  const urlconf = loadedUrlconf();
  const routes = urlconf.byName.get(name);
  if (!routes) throw new Error(unknownName(name, urlconf));
  for (const { pattern } of routes) {
    const path = fill(pattern, params);
    if (path !== undefined) return oneSlash(`${scriptPrefix()}/${path}`);
  }
  const tried = routes.map(({ pattern }) => `'${pattern.source}'`).join(', ');
  throw new Error(`'${name}' does not take ${JSON.stringify(params)}: its pattern is ${tried}.`);
}

/**
 * `reverse` for a name that is known when a module is loaded: one that no pattern has stops the
 * start instead of failing the first request. Made outside of functions:
 * `const itemUrl = lazyReverse('shop:item')`, to be called as `itemUrl({ id: 7 })`.
 */
export function lazyReverse(name: string): (params?: ParamValues) => string {
  promiseName(name);
  return (params) => reverse(name, params);
}

function fill({ literals, parameters }: Pattern, params: ParamValues): string | undefined {
  if (Object.keys(params).length !== parameters.length) return undefined;
  let path = quotePath(literals[0] ?? '');
  for (const [index, { name, converter }] of parameters.entries()) {
    const value = Object.hasOwn(params, name) ? params[name] : undefined;
    // What is missing would be spelled out: /items/undefined/.
    if (value === undefined || value === null) return undefined;
    const text = converter.toUrl(value);
    if (!converter.regex.test(text)) return undefined;
    path += quotePath(text) + quotePath(literals[index + 1] ?? '');
  }
  return path;
}
