import { inspect } from 'node:util';

/** A server or an application broke PEP 3333. */
export class ContractError extends Error {
  override name = 'ContractError';
}

/** @throws {ContractError} with the rule and the offender, unless the rule is kept. */
export function requires(isKept: boolean, rule: string, offender: unknown): asserts isKept {
  if (!isKept) throw new ContractError(`${rule}: ${show(offender)}`);
}

/** For rules that no value in particular offends. */
export function requiresThat(isKept: boolean, rule: string): asserts isKept {
  if (!isKept) throw new ContractError(rule);
}

function show(value: unknown): string {
  return inspect(value, { depth: 1, breakLength: Infinity, maxStringLength: 200 });
}
