import { isPromise } from './run.ts';
import type { Application, Awaitable, Body, Environ, StartResponse } from './types.ts';
import { checkedBody } from './validator/body.ts';
import { requires, Exchange } from './validator/contract.ts';
import { checkEnviron } from './validator/environ.ts';
import { checkedStartResponse } from './validator/start-response.ts';
import { checkedErrors, checkedInput } from './validator/streams.ts';

/**
 * Middleware that holds both sides to PEP 3333, as `wsgiref.validate` does: a server and an
 * application pass through it unchanged where they keep the contract.
 *
 * @throws {ContractError} to whoever broke it, in words that say what to change.
 */
export function validator(application: Application): Application {
  requires(typeof application === 'function', 'the application must be callable', application);
  return (...parameters: Parameters<Application>): Awaitable<Body> => {
    const [environ, startResponse] = checkedParameters(parameters);
    checkEnviron(environ);
    const exchange = new Exchange(environ);
    environ['wsgi.input'] = checkedInput(environ['wsgi.input']);
    environ['wsgi.errors'] = checkedErrors(environ['wsgi.errors']);
    const body = application(environ, checkedStartResponse(startResponse, exchange));
    return isPromise(body)
      ? body.then((later) => checkedBody(later, exchange))
      : checkedBody(body, exchange);
  };
}

/** PEP 3333 "The Application/Framework Side": "accepts two positional arguments". */
function checkedParameters(parameters: readonly unknown[]): [Environ, StartResponse] {
  const [environ, startResponse] = parameters;
  const areTwo = parameters.length === 2;
  requires(areTwo, 'an application is called with environ and start_response', parameters);
  requires(typeof startResponse === 'function', 'start_response must be callable', startResponse);
  return [environ as Environ, startResponse as StartResponse];
}
