import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROTOCOL_NAMES } from './addresses.ts';
import {
  addresses,
  assignments,
  choice,
  directory,
  flag,
  grantedCpus,
  integer,
  LOG_LEVELS,
  networks,
  octal,
  optionalTcpAddress,
  paths,
  seconds,
  text,
  type Setting,
} from './values.ts';

/** The catalogue, setting by setting, in the order of its declaration. */
export function settingEntries(): [keyof Settings, Setting<unknown>][] {
  return Object.entries(CATALOGUE) as [keyof Settings, Setting<unknown>][];
}

/** The variable that each setting has, besides one that may set its default: GATEWAY_MAX_REQUESTS. */
export function variableOf(name: string): string {
  return `GATEWAY_${name.replace(/[A-Z]/g, '_$&').toUpperCase()}`;
}

/** The default of a setting as a variable of the environment has it, if it does. */
export function fromEnvironment(
  { variable }: Setting<unknown>,
  environment: NodeJS.ProcessEnv,
): string | undefined {
  const value = variable && environment[variable.name];
  return value === undefined ? undefined : variable?.read(value);
}

/**
 * `{pid}` is the arbiter's: gateways on one machine keep apart. The folder is the one that is writable
 * in a read-only container too.
 */
export const DEFAULT_CONTROL_SOCKET: string = join(tmpdir(), 'gateway-{pid}.sock');

/** The one place where a setting is declared: command line, file, help and docs are made of it. */
export const CATALOGUE = {
  ...section('Server socket', {
    bind: {
      flags: { short: 'b', long: 'bind', value: 'ADDRESS' },
      default: () => '127.0.0.1:8000',
      variable: { name: 'PORT', read: (port) => (port === '' ? undefined : `0.0.0.0:${port}`) },
      parse: addresses,
      isList: true,
      description:
        'Where to listen: HOST:PORT, [IPv6]:PORT or unix:PATH, perhaps with its protocol, as in uwsgi://HOST:PORT or fastcgi://unix:PATH. The variable PORT makes the default 0.0.0.0:PORT.',
    },
    protocol: {
      flags: { long: 'protocol', value: 'NAME' },
      default: () => 'http',
      parse: choice(PROTOCOL_NAMES),
      description: `What is spoken where bind names no protocol: ${PROTOCOL_NAMES.join(', ')}. All but http are for proxies, and heard from the peers of forwarded-allow-ips alone.`,
    },
    backlog: {
      flags: { long: 'backlog', value: 'INT' },
      default: () => 2048,
      parse: integer(1),
      description: 'Connections that may wait to be accepted.',
    },
    umask: {
      flags: { short: 'm', long: 'umask', value: 'OCTAL' },
      default: () => '022',
      parse: octal,
      description:
        "The file mode bits that unix sockets and files are made without; in a settings file as text, '027'.",
    },
  }),
  ...section('Workers', {
    workers: {
      flags: { short: 'w', long: 'workers', value: 'INT' },
      default: grantedCpus,
      variable: { name: 'WEB_CONCURRENCY', read: (count) => count || undefined },
      parse: integer(1),
      description:
        'Worker processes. As many as the CPUs that the cgroup grants; WEB_CONCURRENCY sets the default.',
    },
    maxRequests: {
      flags: { long: 'max-requests', value: 'INT' },
      default: () => 0,
      parse: integer(0),
      description:
        'After so many requests a worker is replaced; it serves on until another one is ready. 0: never.',
    },
    maxRequestsJitter: {
      flags: { long: 'max-requests-jitter', value: 'INT' },
      default: () => 0,
      parse: integer(0),
      description:
        'Up to so many are added to max-requests at random, so that workers do not go together.',
    },
    maxWorkerMemory: {
      flags: { long: 'max-worker-memory', value: 'MIB' },
      default: () => 0,
      parse: integer(0),
      description: 'A worker whose resident memory is over so many MiB is replaced. 0: never.',
    },
    maxWorkerLifetime: {
      flags: { long: 'max-worker-lifetime', value: 'SECONDS' },
      default: () => 0,
      parse: seconds(0),
      description: 'A worker that is older is replaced. 0: never.',
    },
    timeout: {
      flags: { short: 't', long: 'timeout', value: 'SECONDS' },
      default: () => 30,
      parse: seconds(0),
      description:
        'A worker whose event loop is blocked for longer is killed and replaced. 0: never.',
    },
    gracefulTimeout: {
      flags: { long: 'graceful-timeout', value: 'SECONDS' },
      default: () => 30,
      parse: seconds(0),
      description: 'What requests in flight get to finish when a worker stops.',
    },
  }),
  ...section('Timeouts', {
    requestTimeout: {
      flags: { long: 'request-timeout', value: 'SECONDS' },
      default: () => 30,
      parse: seconds(0),
      description:
        'For the application to answer, and then for each next piece of its response; then its signal aborts, and the client gets 503 or is cut off. Shorter than the read timeout of the proxy. 0: no limit.',
    },
    keepalive: {
      flags: { long: 'keep-alive', value: 'SECONDS' },
      default: () => 75,
      parse: seconds(0),
      description:
        'How long an idle connection stays open. Longer than the proxy pools its own, so that it never reuses one that was just closed.',
    },
    headerTimeout: {
      flags: { long: 'header-timeout', value: 'SECONDS' },
      default: () => 10,
      parse: seconds(0.1),
      description: 'For a request line and all its fields to arrive; then 408.',
    },
    bodyTimeout: {
      flags: { long: 'body-timeout', value: 'SECONDS' },
      default: () => 30,
      parse: seconds(0.1),
      description:
        'For the next bytes of a body that the application waits for, and for all of it, to which every 500 bytes add a second; then 408.',
    },
    sendTimeout: {
      flags: { long: 'send-timeout', value: 'SECONDS' },
      default: () => 30,
      parse: seconds(0.1),
      description: 'For a client to take what it was sent; then the connection is closed.',
    },
  }),
  ...section('Limits', {
    limitRequestLine: {
      flags: { long: 'limit-request-line', value: 'BYTES' },
      default: () => 4094,
      parse: integer(1),
      description: 'The longest request line; then 414.',
    },
    limitRequestFields: {
      flags: { long: 'limit-request-fields', value: 'INT' },
      default: () => 100,
      parse: integer(1),
      description: 'The most fields in one request; then 431.',
    },
    limitRequestFieldSize: {
      flags: { long: 'limit-request-field-size', value: 'BYTES' },
      default: () => 8190,
      parse: integer(1),
      description: 'The longest field line; then 431.',
    },
    limitRequestBody: {
      flags: { long: 'limit-request-body', value: 'BYTES' },
      default: () => 10_485_760,
      parse: integer(0),
      description: 'The longest body, chunked or not; then 413. 0: no limit.',
    },
    limitInFlight: {
      flags: { long: 'limit-in-flight', value: 'INT' },
      default: () => 0,
      parse: integer(0),
      description:
        'Requests that a worker serves at once; more are answered 503 with Retry-After. 0: no limit.',
    },
    limitQueueDelay: {
      flags: { long: 'limit-queue-delay', value: 'SECONDS' },
      default: () => 0,
      parse: seconds(0),
      description:
        'While requests wait longer than this for the event loop, they are answered 503 with Retry-After. 0: no limit.',
    },
  }),
  ...section('Proxies', {
    forwardedAllowIps: {
      flags: { long: 'forwarded-allow-ips', value: 'NETWORKS' },
      default: () => '127.0.0.1,::1',
      variable: { name: 'FORWARDED_ALLOW_IPS', read: (peers) => peers },
      parse: networks,
      description:
        "Peers whose X-Forwarded-* and X-Request-ID are believed, and who may speak uwsgi, SCGI and FastCGI: addresses, CIDR networks, '*' for all or '' for none. FORWARDED_ALLOW_IPS sets the default.",
    },
    rootPath: {
      flags: { long: 'root-path', value: 'PATH' },
      default: () => '',
      variable: { name: 'SCRIPT_NAME', read: (path) => path },
      parse: text("'' or a path such as /shop, without a slash at its end", /^(?:\/[^/?#\s]+)*$/),
      description:
        'Where the application is mounted: its SCRIPT_NAME, a variable that sets the default. FORCE_SCRIPT_NAME of its settings must say the same.',
    },
  }),
  ...section('Process', {
    chdir: {
      flags: { long: 'chdir', value: 'DIR' },
      default: () => '.',
      parse: directory,
      description:
        'The working directory of the workers; where a link leads is looked up at each reload.',
    },
    rawEnv: {
      flags: { short: 'e', long: 'env', value: 'NAME=VALUE' },
      default: () => '',
      parse: assignments,
      isList: true,
      hasSecrets: true,
      description: 'An environment variable for the workers.',
    },
    procName: {
      flags: { short: 'n', long: 'name', value: 'NAME' },
      default: () => '',
      parse: text('text', /^/),
      description: 'What the processes are called in ps, instead of the application.',
    },
    reload: {
      flags: { long: 'reload' },
      default: () => false,
      parse: flag,
      description: 'Replace the workers when a source file changes. For development.',
    },
    inspect: {
      flags: { long: 'inspect', value: 'HOST:PORT' },
      default: () => '',
      parse: optionalTcpAddress,
      description:
        "Where a worker's inspector listens for a debugger, which may do what the worker may. For development; none unless given.",
    },
  }),
  ...section('Logging', {
    accesslog: {
      flags: { long: 'access-logfile', value: 'WHERE' },
      default: () => '-',
      parse: choice(['-', 'none'], "'-' for standard output, which may lead to a file, or 'none'"),
      description: "One JSON line a request: '-' for standard output, or 'none'.",
    },
    accesslogSkip: {
      flags: { long: 'access-log-skip', value: 'PATHS' },
      default: () => '/healthz,/readyz',
      variable: {
        name: 'HEALTH_PATH',
        read: (path) => (path === '' ? undefined : `${path},/readyz`),
      },
      parse: paths,
      isList: true,
      description:
        "The paths of health checks, which have a line only where they fail, with commas between. The variable HEALTH_PATH takes the place of /healthz. '': all have one.",
    },
    loglevel: {
      flags: { long: 'log-level', value: 'LEVEL' },
      default: () => 'info',
      parse: choice(LOG_LEVELS),
      description: `The least severe lines to log: ${LOG_LEVELS.join(', ')}.`,
    },
  }),
  ...section('Metrics', {
    controlSocket: {
      flags: { long: 'control-socket', value: 'PATH' },
      default: () => DEFAULT_CONTROL_SOCKET,
      parse: text("a socket's path, or 'none'"),
      description:
        "The unix socket that gateway stats, events, top, profile and heap ask, of mode 0600; {pid} stands for the arbiter's process id. 'none': without.",
    },
    metricsBind: {
      flags: { long: 'metrics-bind', value: 'HOST:PORT' },
      default: () => '',
      parse: optionalTcpAddress,
      description:
        'Where Prometheus finds /metrics: a listener of its own, which only monitoring should reach. None unless given.',
    },
  }),
};

type Untitled = Readonly<Record<string, Omit<Setting<unknown>, 'section'>>>;

function section<const Part extends Untitled>(title: string, settings: Part) {
  const titled = Object.entries(settings).map(([name, one]) => [name, { ...one, section: title }]);
  return Object.fromEntries(titled) as { [Name in keyof Part]: Part[Name] & { section: string } };
}

/** Every setting's value, as plain data. Names and defaults are Gunicorn's where it has them. */
export type Settings = {
  readonly [Name in keyof typeof CATALOGUE]: ReturnType<(typeof CATALOGUE)[Name]['parse']>;
};

/** The settings, and what they are for. */
export interface Config extends Settings {
  readonly applicationName: string;
  readonly configFile: string | undefined;
}
