import { inspect } from 'node:util';

const MASK = '********';
const SECRET_NAME = /SECRET|PASS|TOKEN|KEY|API|AUTH|SIGNATURE|CREDENTIAL/;
const URL_CREDENTIALS = /:\/\/[^\s/@]*@/g;

/** A setting's value as text on one line, without what its name or form says is a secret. */
export function showSetting(name: string, value: unknown): string {
  if (SECRET_NAME.test(name) && typeof value !== 'boolean') return `'${MASK}'`;
  return inspect(value, { breakLength: Infinity, depth: 5 }).replaceAll(
    URL_CREDENTIALS,
    `://${MASK}@`,
  );
}
