import type { Awaitable } from '@wsgi/wsgi';
import { MethodNotAllowed } from '../errors.ts';
import type { HttpRequest } from '../request.ts';
import type { HttpResponse } from '../response.ts';
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

/** Sends the paths that match a pattern to a view: `path('items/<int:id>/', item, { name: 'item' })`. */
export function path<const Pattern extends string>(
  pattern: Pattern,
  view: View<PathParams<Pattern>>,
  options: { readonly name?: string } = {},
): Route {
  return { pattern, view, name: options.name };
}

/** Hangs patterns under a prefix; with a namespace their names become `namespace:name`. */
export function include(
  prefix: string,
  urlpatterns: readonly UrlPattern[],
  options: { readonly namespace?: string } = {},
): Include {
  return { prefix, urlpatterns, namespace: options.namespace };
}

/** A view that answers these methods alone, HEAD wherever GET; others get 405 with Allow. */
export function allowMethods<Params>(methods: readonly string[], view: View<Params>): View<Params> {
  const allowed = methods.includes('GET') ? [...new Set(['GET', 'HEAD', ...methods])] : methods;
  return (request, params) => {
    if (allowed.includes(request.method)) return view(request, params);
    throw new MethodNotAllowed(request.method, allowed);
  };
}
