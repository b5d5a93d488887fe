import type { Awaitable } from '@wsgi/wsgi';

/** From the mildest to the worst. */
export const LEVELS = ['info', 'warning', 'error', 'critical'] as const;
export type Level = (typeof LEVELS)[number];

/** One finding, with an id to look up and to silence. */
export interface CheckMessage {
  readonly level: Level;
  readonly id: string;
  readonly message: string;
  /** What to do. */
  readonly hint?: string;
}

/** A finding whose id tells its level, as Django's do: `urls.W101` is a warning, `urls.E001` an error. */
export function finding(id: string, message: string, hint?: string): CheckMessage {
  const level = id.includes('.W') ? 'warning' : 'error';
  return { level, id, message, ...(hint !== undefined && { hint }) };
}

/** Looks at the loaded project and says what is wrong with it. */
export type Check = () => Awaitable<readonly CheckMessage[]>;

/** Adds a check of the project's own, for `check --deploy` alone where that is said; to be called from the settings module. */
export function registerCheck(
  check: Check,
  { deploy = false }: { readonly deploy?: boolean } = {},
): void {
  registered.push({ check, deploy });
}

export function registeredChecks(deploy: boolean): readonly Check[] {
  return registered.filter((entry) => deploy || !entry.deploy).map(({ check }) => check);
}

const registered: { readonly check: Check; readonly deploy: boolean }[] = [];

/** Whether a level is as bad as another, or worse. */
export function isAtLeast(level: Level, other: Level): boolean {
  return LEVELS.indexOf(level) >= LEVELS.indexOf(other);
}
