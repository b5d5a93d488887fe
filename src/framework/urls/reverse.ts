import { nearest } from '../nearest.ts';
import { settings } from '../settings.ts';
import type { ParamValues, Pattern } from './pattern.ts';
import { quotePath } from './quote-path.ts';
import { loadedUrlconf } from './urlconf.ts';

/**
 * The path of a named URL pattern: `reverse('shop:item', { id: 7 })`.
 *
 * @throws where no pattern has the name, or none takes these parameters.
 */
export function reverse(name: string, params: ParamValues = {}): string {
  const { byName } = loadedUrlconf();
  const routes = byName.get(name);
  if (!routes) throw new Error(unknownName(name, byName.keys()));
  for (const { pattern } of routes) {
    const path = fill(pattern, params);
    if (path !== undefined) return `${settings.FORCE_SCRIPT_NAME ?? ''}/${path}`;
  }
  const tried = routes.map(({ pattern }) => `'${pattern.source}'`).join(', ');
  throw new Error(`'${name}' does not take ${JSON.stringify(params)}: its pattern is ${tried}.`);
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

function unknownName(name: string, names: Iterable<string>): string {
  const suggestion = nearest(name, names);
  return `No URL pattern is named '${name}'${suggestion ? `: did you mean '${suggestion}'?` : '.'}`;
}
