import { availableParallelism } from 'node:os';
import type { Address } from './address.ts';
import {
  addresses,
  choice,
  integer,
  networks,
  seconds,
  text,
  type Parse,
} from './setting-values.ts';

/** Every setting's value, as plain data. Names and defaults are Gunicorn's where it has them. */
export interface Settings {
  readonly bind: readonly Address[];
  readonly backlog: number;
  readonly workers: number;
  readonly timeout: number;
  readonly gracefulTimeout: number;
  readonly keepalive: number;
  readonly headerTimeout: number;
  readonly bodyTimeout: number;
  readonly sendTimeout: number;
  readonly limitRequestLine: number;
  readonly limitRequestFields: number;
  readonly limitRequestFieldSize: number;
  readonly limitRequestBody: number;
  readonly forwardedAllowIps: readonly string[];
  readonly accesslog: string;
  readonly loglevel: LogLevel;
}

export const LOG_LEVELS = ['debug', 'info', 'warning', 'error', 'critical'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface Setting<T> {
  /** As in `-w, --workers INT`. */
  readonly flags: { readonly long: string; readonly short?: string; readonly value: string };
  readonly section: 'Server socket' | 'Workers' | 'Timeouts' | 'Limits' | 'Proxies' | 'Logging';
  /** Read when the gateway starts; some defaults come from the environment. */
  readonly default: (environment: NodeJS.ProcessEnv) => string | number;
  readonly parse: Parse<T>;
  /** May be given more than once on the command line. */
  readonly isList?: true;
  readonly description: string;
}

/** The catalogue, setting by setting, in the order of its declaration. */
export function settingEntries(): [keyof Settings, Setting<unknown>][] {
  return Object.entries(CATALOGUE) as [keyof Settings, Setting<unknown>][];
}

export type Catalogue = { readonly [Name in keyof Settings]: Setting<Settings[Name]> };

/** The one place where a setting is declared: command line, file, help and docs are made of it. */
export const CATALOGUE: Catalogue = {
  bind: {
    flags: { short: 'b', long: 'bind', value: 'ADDRESS' },
    section: 'Server socket',
    default: (environment) =>
      environment['PORT'] ? `0.0.0.0:${environment['PORT']}` : '127.0.0.1:8000',
    parse: addresses,
    isList: true,
    description: 'Where to listen: HOST:PORT, [IPv6]:PORT or unix:PATH. PORT sets the default.',
  },
  backlog: {
    flags: { long: 'backlog', value: 'INT' },
    section: 'Server socket',
    default: () => 2048,
    parse: integer(1),
    description: 'Connections that may wait to be accepted.',
  },
  workers: {
    flags: { short: 'w', long: 'workers', value: 'INT' },
    section: 'Workers',
    default: (environment) => environment['WEB_CONCURRENCY'] ?? availableParallelism(),
    parse: integer(1),
    description:
      'Worker processes. As many as the CPUs that the cgroup grants; WEB_CONCURRENCY sets the default.',
  },
  timeout: {
    flags: { short: 't', long: 'timeout', value: 'SECONDS' },
    section: 'Workers',
    default: () => 30,
    parse: seconds(0),
    description:
      'A worker whose event loop is blocked for longer is killed and replaced. 0: never.',
  },
  gracefulTimeout: {
    flags: { long: 'graceful-timeout', value: 'SECONDS' },
    section: 'Workers',
    default: () => 30,
    parse: seconds(0),
    description: 'What requests in flight get to finish when a worker stops.',
  },
  keepalive: {
    flags: { long: 'keep-alive', value: 'SECONDS' },
    section: 'Timeouts',
    default: () => 75,
    parse: seconds(0),
    description:
      'How long an idle connection stays open. Longer than the proxy pools its own, so that it never reuses one that was just closed.',
  },
  headerTimeout: {
    flags: { long: 'header-timeout', value: 'SECONDS' },
    section: 'Timeouts',
    default: () => 10,
    parse: seconds(0.1),
    description: 'For a request line and all its fields to arrive; then 408.',
  },
  bodyTimeout: {
    flags: { long: 'body-timeout', value: 'SECONDS' },
    section: 'Timeouts',
    default: () => 30,
    parse: seconds(0.1),
    description: 'For the next bytes of a body that the application waits for; then 408.',
  },
  sendTimeout: {
    flags: { long: 'send-timeout', value: 'SECONDS' },
    section: 'Timeouts',
    default: () => 30,
    parse: seconds(0.1),
    description: 'For a client to take what it was sent; then the connection is closed.',
  },
  limitRequestLine: {
    flags: { long: 'limit-request-line', value: 'BYTES' },
    section: 'Limits',
    default: () => 4094,
    parse: integer(1),
    description: 'The longest request line; then 414.',
  },
  limitRequestFields: {
    flags: { long: 'limit-request-fields', value: 'INT' },
    section: 'Limits',
    default: () => 100,
    parse: integer(1),
    description: 'The most fields in one request; then 431.',
  },
  limitRequestFieldSize: {
    flags: { long: 'limit-request-field-size', value: 'BYTES' },
    section: 'Limits',
    default: () => 8190,
    parse: integer(1),
    description: 'The longest field line; then 431.',
  },
  limitRequestBody: {
    flags: { long: 'limit-request-body', value: 'BYTES' },
    section: 'Limits',
    default: () => 10_485_760,
    parse: integer(0),
    description: 'The longest body, chunked or not; then 413. 0: no limit.',
  },
  forwardedAllowIps: {
    flags: { long: 'forwarded-allow-ips', value: 'NETWORKS' },
    section: 'Proxies',
    default: (environment) => environment['FORWARDED_ALLOW_IPS'] ?? '127.0.0.1,::1',
    parse: networks,
    description:
      "Peers whose X-Forwarded-Proto and X-Request-ID are believed: addresses, CIDR networks or '*'. FORWARDED_ALLOW_IPS sets the default.",
  },
  accesslog: {
    flags: { long: 'access-logfile', value: 'FILE' },
    section: 'Logging',
    default: () => '-',
    parse: text("a file's path, '-' for standard output, or 'none'"),
    description: "Where one JSON line a request goes: a file, '-' for standard output, or 'none'.",
  },
  loglevel: {
    flags: { long: 'log-level', value: 'LEVEL' },
    section: 'Logging',
    default: () => 'info',
    parse: choice(LOG_LEVELS),
    description: `The least severe lines to log: ${LOG_LEVELS.join(', ')}.`,
  },
};
