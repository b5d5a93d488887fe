import type { Parse } from './setting-values.ts';

export const LOG_LEVELS = ['debug', 'info', 'warning', 'error', 'critical'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export type Section =
  | 'Server socket'
  | 'Workers'
  | 'Timeouts'
  | 'Limits'
  | 'Proxies'
  | 'Process'
  | 'Logging'
  | 'Metrics';

/** A variable of the environment that a setting may come from. */
interface Variable {
  readonly name: string;
  /** The setting as it would stand on a command line; undefined where the text counts as none. */
  readonly read: (text: string) => string | undefined;
}

export interface Setting<T> {
  /** As in `-w, --workers INT`. */
  readonly flags: {
    readonly long: string;
    readonly short?: string;
    /** What stands behind the flag; a switch has none. */
    readonly value?: string;
  };
  readonly section: Section;
  /** Read when the gateway starts. */
  readonly default: () => string | number | boolean;
  /** Wins over the default. */
  readonly variable?: Variable;
  readonly parse: Parse<T>;
  /** May be given more than once on the command line. */
  readonly isList?: true;
  /** Its entries are NAME=VALUE, and no message shows what stands behind the sign. */
  readonly hasSecrets?: true;
  readonly description: string;
}
