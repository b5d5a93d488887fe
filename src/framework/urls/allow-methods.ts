import { MethodNotAllowed } from '../errors.ts';
import type { View } from './path.ts';

/** A view that answers these methods alone, HEAD wherever GET; others get 405 with Allow. */
export function allowMethods<Params>(methods: readonly string[], view: View<Params>): View<Params> {
  const allowed = methods.includes('GET') ? [...new Set(['GET', 'HEAD', ...methods])] : methods;
  return (request, params) => {
    if (allowed.includes(request.method)) return view(request, params);
    throw new MethodNotAllowed(request.method, allowed);
  };
}
