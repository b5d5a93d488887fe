import type { Awaitable } from '../../wsgi/types.ts';
import { settings } from '../settings.ts';

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

/** Looks at the loaded project and says what is wrong with it. */
export type Check = () => Awaitable<readonly CheckMessage[]>;

export interface CheckResult {
  readonly messages: readonly CheckMessage[];
  readonly silencedCount: number;
}

/** Runs checks on loaded settings, without those messages that SILENCED_SYSTEM_CHECKS names. */
export async function runChecks(checks: readonly Check[]): Promise<CheckResult> {
  const found: CheckMessage[] = [];
  for (const check of checks) found.push(...(await check()));
  const messages = found.filter(({ id }) => !settings.SILENCED_SYSTEM_CHECKS.includes(id));
  return { messages, silencedCount: found.length - messages.length };
}

/** Whether a level is as bad as another, or worse. */
export function isAtLeast(level: Level, other: Level): boolean {
  return LEVELS.indexOf(level) >= LEVELS.indexOf(other);
}
