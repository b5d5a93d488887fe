import { finding } from './check.ts';
import {
  gatewayLimit,
  gatewayNumber,
  nginxSeconds,
  trustedProxy,
  wordsOf,
  type Rule,
  seconds,
} from './deployment-rules.ts';

/** Docker's own, where a service has none. */
const STOP_GRACE_PERIOD = '10s';
/** What balancers keep an idle connection: AWS and Google 60 s and more. */
const BALANCER_SECONDS = 60;
/** What the end of a process takes beside the requests. */
const MARGIN_SECONDS = 2;

/** nginx is the one that closes an idle connection to the gateway. */
const keepAlive: Rule = (deployment) => {
  const pools = deployment.directives.filter(({ block }) => block === 'upstream');
  const named = pools.filter(({ name }) => name === 'keepalive_timeout');
  const isPooled = pools.some(({ name, words }) => name === 'keepalive' && words[0] !== '0');
  const nginx = Math.max(
    ...nginxSeconds(
      named.map(({ words }) => words[0] ?? ''),
      '60s',
    ),
  );
  const gateway = gatewayNumber(deployment, 'keepalive');
  if (!isPooled || gateway === 0 || nginx < gateway) return [];
  return finding(
    'deploy.E101',
    `nginx keeps an idle connection to the gateway for ${nginx} s, the gateway for ${gateway} s: a request on one that was just closed is a 502.`,
    "Make the gateway's --keep-alive longer than keepalive_timeout of the upstream.",
  );
};

/** Of a balancer and nginx, the balancer is the one that closes. */
const clientKeepAlive: Rule = (deployment) => {
  const proxy = trustedProxy(deployment);
  const clients = deployment.directives.filter(
    ({ name, block }) => name === 'keepalive_timeout' && block !== 'upstream',
  );
  const least = Math.min(
    ...nginxSeconds(
      clients.map(({ words }) => words[0] ?? ''),
      '75s',
    ),
  );
  if (proxy === undefined || !(least <= BALANCER_SECONDS)) return [];
  return finding(
    'deploy.W102',
    `nginx closes idle connections of clients after ${least} s, and the balancer at ${proxy} may keep them for ${BALANCER_SECONDS} s: a request on one that was just closed is a 502 of the balancer's.`,
    "Make nginx's keepalive_timeout longer than the balancer's idle timeout, or silence this where the balancer's is shorter.",
  );
};

/** The gateway gives a request up first: it knows which one it was. */
const requestTimeout: Rule = (deployment) => {
  const limit = gatewayLimit(deployment, 'requestTimeout');
  const least = Math.min(...readTimeouts(deployment));
  if (!(least <= limit)) return [];
  return finding(
    'deploy.E103',
    `nginx waits ${least} s for the application, and the gateway's request-timeout is ${showLimit(limit)}: nginx answers 504 first, and no line says what was slow.`,
    'Set NGINX_READ_TIMEOUT to 5 s more than --request-timeout.',
  );
};

/** What nginx waits for has an end before Docker's patience. */
const readTimeout: Rule = (deployment) => {
  const most = Math.max(...readTimeouts(deployment));
  const grace = gracePeriod(deployment.app);
  if (!(most >= grace)) return [];
  return finding(
    'deploy.W104',
    `nginx waits ${most} s for the application, and STOP_GRACE_PERIOD is ${grace} s: what may still be answered is cut when the containers stop.`,
    'Make STOP_GRACE_PERIOD longer than NGINX_READ_TIMEOUT.',
  );
};

/** Docker kills nobody who is still finishing. */
const applicationStop: Rule = (deployment) => {
  const graceful = gatewayNumber(deployment, 'gracefulTimeout');
  const grace = gracePeriod(deployment.app);
  if (!(graceful + MARGIN_SECONDS > grace)) return [];
  return finding(
    'deploy.E105',
    `The gateway gives requests ${graceful} s to finish, and Docker kills its container after ${grace} s.`,
    `Make STOP_GRACE_PERIOD ${MARGIN_SECONDS} s longer than --graceful-timeout, or more.`,
  );
};

const nginxStop: Rule = (deployment) => {
  // Without the directive nginx waits for its clients without an end.
  const longest = Math.max(...nginxSeconds(wordsOf(deployment, /^worker_shutdown_timeout$/), ''));
  const grace = gracePeriod(deployment.nginx);
  if (longest < grace) return [];
  return finding(
    'deploy.E106',
    `nginx gives requests ${Number.isNaN(longest) ? 'any time' : `${longest} s`} to finish, and Docker kills its container after ${grace} s.`,
    'Make STOP_GRACE_PERIOD longer than NGINX_WORKER_SHUTDOWN_TIMEOUT.',
  );
};

/** A request that is within its own limit is not cut by a release. */
const gracefulTimeout: Rule = (deployment) => {
  const limit = gatewayLimit(deployment, 'requestTimeout');
  const graceful = gatewayNumber(deployment, 'gracefulTimeout');
  if (limit === Infinity || graceful >= limit) return [];
  return finding(
    'deploy.W107',
    `A request may take ${limit} s (request-timeout), and gets ${graceful} s (graceful-timeout) when its worker stops.`,
    'Make --graceful-timeout as long as --request-timeout, and STOP_GRACE_PERIOD longer.',
  );
};

export const TIMES: readonly Rule[] = [
  keepAlive,
  clientKeepAlive,
  requestTimeout,
  readTimeout,
  applicationStop,
  nginxStop,
  gracefulTimeout,
];

function readTimeouts(deployment: Parameters<Rule>[0]): readonly number[] {
  return nginxSeconds(wordsOf(deployment, /^(?:proxy|uwsgi|fastcgi|scgi)_read_timeout$/), '60s');
}

function gracePeriod({
  stop_grace_period = STOP_GRACE_PERIOD,
}: {
  readonly stop_grace_period?: string;
}): number {
  return seconds(stop_grace_period) ?? NaN;
}

function showLimit(limit: number): string {
  return limit === Infinity ? 'without an end' : `${limit} s`;
}
