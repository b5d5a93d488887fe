import type { Address, TcpAddress } from './address.ts';
import type { Parse } from './setting-values.ts';

/** Every setting's value, as plain data. Names and defaults are Gunicorn's where it has them. */
export interface Settings {
  readonly bind: readonly Address[];
  readonly backlog: number;
  readonly umask: number;
  readonly workers: number;
  readonly maxRequests: number;
  readonly maxRequestsJitter: number;
  readonly maxWorkerMemory: number;
  readonly maxWorkerLifetime: number;
  readonly timeout: number;
  readonly gracefulTimeout: number;
  readonly requestTimeout: number;
  readonly keepalive: number;
  readonly headerTimeout: number;
  readonly bodyTimeout: number;
  readonly sendTimeout: number;
  readonly limitRequestLine: number;
  readonly limitRequestFields: number;
  readonly limitRequestFieldSize: number;
  readonly limitRequestBody: number;
  readonly limitInFlight: number;
  readonly limitQueueDelay: number;
  readonly forwardedAllowIps: readonly string[];
  readonly secureSchemeHeaders: readonly SchemeHeader[];
  readonly forwarderHeaders: readonly string[];
  readonly headerMap: (typeof HEADER_MAPS)[number];
  readonly proxyProtocol: (typeof PROXY_PROTOCOLS)[number];
  readonly proxyAllowIps: readonly string[];
  readonly rootPath: string;
  readonly chdir: string;
  readonly rawEnv: readonly string[];
  readonly user: number | undefined;
  readonly group: number | undefined;
  readonly pidfile: string;
  readonly procName: string;
  readonly reload: boolean;
  readonly accesslog: string;
  readonly accessLogFormat: string;
  readonly errorlog: string;
  readonly loglevel: LogLevel;
  readonly controlSocket: string;
  readonly metricsBind: TcpAddress | undefined;
}

/** A header by which a proxy says https, and the value that says so. */
export type SchemeHeader = readonly [name: string, secureValue: string];

export const HEADER_MAPS = ['drop', 'refuse', 'dangerous'] as const;
export const PROXY_PROTOCOLS = ['off', 'v1', 'v2', 'auto'] as const;
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
  | 'Figures';

/** A variable of the environment that a setting may come from. */
export interface Variable {
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
  readonly description: string;
}
