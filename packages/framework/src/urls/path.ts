import type { Awaitable } from '@wsgi/wsgi';
import { MethodNotAllowed } from '../errors.ts';
import type { HttpRequest } from '../request.ts';
import { HttpResponse } from '../response.ts';
import type { ConverterTypes } from './pattern.ts';

/** Answers a request; gets the values that its URL pattern found in the path. */
export type View<Params = object> = (
  request: HttpRequest,
  params: Params,
) => Awaitable<HttpResponse>;

/** The parameters of a pattern: `'items/<int:id>/'` has `{ id: number }`. */
export type PathParams<Pattern extends string> =
  Pattern extends `${string}<${infer Parameter}>${infer Rest}`
    ? Parameter extends `${infer Converter}:${infer Name}`
      ? Record<Name, TypeOf<Converter>> & PathParams<Rest>
      : Record<Parameter, string> & PathParams<Rest>
    : object;

type TypeOf<Converter extends string> = Converter extends keyof ConverterTypes
  ? ConverterTypes[Converter]
  : never;

export interface Route {
  readonly pattern: string;
  readonly view: View<never>;
  readonly name: string | undefined;
}

interface Include {
  readonly prefix: string;
  readonly urlpatterns: readonly UrlPattern[];
  readonly namespace: string | undefined;
}

/** One entry of `urlpatterns`. */
export type UrlPattern = Route | Include;

/** A view for each method: `{ GET: list, POST: create }`. */
export type ViewsByMethod<Params> = { readonly [Method in HttpMethod]?: View<Params> };

type HttpMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';

/**
 * Sends the paths that match a pattern to a view, which answers every method, or to a view for each:
 * `path('items/<int:id>/', { GET: item, PUT: change }, { name: 'item' })`. Other methods then get 405,
 * and OPTIONS is answered by what is allowed.
 */
export function path<const Pattern extends string>(
  pattern: Pattern,
  view: View<PathParams<Pattern>> | ViewsByMethod<PathParams<Pattern>>,
  options: { readonly name?: string } = {},
): Route {
  const isOne = typeof view === 'function' || !view;
  return {
    pattern,
    view: isOne ? view : byMethod(new Map(Object.entries(view))),
    name: options.name,
  };
}

/** Hangs patterns under a prefix; with a namespace their names become `namespace:name`. */
export function include(
  prefix: string,
  urlpatterns: readonly UrlPattern[],
  options: { readonly namespace?: string } = {},
): Include {
  return { prefix, urlpatterns, namespace: options.namespace };
}

/** A view that answers these methods alone, HEAD wherever GET; others get 405 with Allow, OPTIONS gets Allow. */
export function allowMethods<Params>(methods: readonly string[], view: View<Params>): View<Params> {
  return named(view, byMethod(new Map(methods.map((method) => [method, view]))));
}

function byMethod<Params>(views: ReadonlyMap<string, View<Params>>): View<Params> {
  const get = views.get('GET');
  const all = new Map([
    ...(get
      ? ([
          ['GET', get],
          ['HEAD', get],
        ] as const)
      : []),
    ...views,
  ]);
  const allowed = [...new Set([...all.keys(), 'OPTIONS'])];
  return (request, params) => {
    const view = all.get(request.method);
    if (view) return view(request, params);
    if (request.method !== 'OPTIONS') throw new MethodNotAllowed(request.method, allowed);
    return new HttpResponse('', { status: 204, headers: { Allow: allowed.join(', ') } });
  };
}

/** What wraps a view has its name in messages. */
export function named<Params>(view: View<Params>, wrapper: View<Params>): View<Params> {
  return Object.defineProperty(wrapper, 'name', { value: view.name });
}
