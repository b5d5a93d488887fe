/** Options of Gunicorn that are not here, and what takes their place. */
export const ABSENT: readonly (readonly [options: readonly string[], instead: string])[] = [
  [
    ['--threads', '-k', '--worker-class', '--worker-connections'],
    'a worker serves many requests at once; --limit-in-flight bounds them',
  ],
  [['--preload'], 'each worker loads the application, so that HUP brings new code'],
  [
    ['--reuse-port'],
    'workers share the sockets of the arbiter, so that none is lost with a worker',
  ],
  [['--sendfile', '--no-sendfile'], 'what nginx can serve by itself does not come here'],
  [['--worker-tmp-dir'], 'heartbeats are kept in memory'],
  [['--reload-engine', '--reload-extra-file'], '--reload watches the sources'],
  [['-D', '--daemon'], 'a container or a service manager keeps it running'],
  [
    ['--certfile', '--keyfile', '--ca-certs', '--ciphers', '--ssl-version', '--cert-reqs'],
    'TLS ends at the proxy in front',
  ],
  [
    ['--statsd-host', '--statsd-prefix', '--dogstatsd-tags'],
    '--metrics-bind serves the figures to Prometheus',
  ],
  [
    [
      '--log-config',
      '--log-config-dict',
      '--log-config-json',
      '--logger-class',
      '--log-syslog',
      '--log-syslog-to',
    ],
    'logs are lines of JSON on standard output and error, for what collects them there',
  ],
  [['--capture-output'], 'what an application prints goes where the logs go'],
  [['--log-file'], '--error-logfile names the file'],
  [['--no-control-socket'], 'it is --control-socket none'],
  [['--control-socket-mode'], 'the mode of the control socket is always 0600'],
  [
    ['--header-map', '--forwarder-headers'],
    'fields with an underscore in their name are dropped; --root-path says where the application is mounted',
  ],
  [
    ['--secure-scheme-headers'],
    'X-Forwarded-Proto of the peers in --forwarded-allow-ips says whether the client came over https',
  ],
  [
    ['--permit-unconventional-http-method', '--casefold-http-method', '--strip-header-spaces'],
    'a request is what RFC 9110 and 9112 say',
  ],
];

/** What takes the place of an option, as it stands on a command line. */
export function insteadOf(option: string): string | undefined {
  return ABSENT.find(([options]) => options.includes(option))?.[1];
}
