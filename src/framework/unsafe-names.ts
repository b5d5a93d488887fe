import { BadRequest } from './errors.ts';

/** @throws {BadRequest} where a name, copied into an object, would set the object's prototype. */
export function refuseUnsafeNames(names: Iterable<string>): void {
  for (const name of names) {
    if (name === '__proto__') throw new BadRequest("The name '__proto__' is refused.");
  }
}
