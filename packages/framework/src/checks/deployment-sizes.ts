import { finding, type CheckMessage } from './check.ts';
import { environmentOf, type Deployment, type Service } from './deployment.ts';
import {
  gatewayLimit,
  gatewayNumber,
  nginxBytes,
  wordsOf,
  type Rule,
  bytes,
  showBytes,
} from './deployment-rules.ts';

/** What the arbiter takes, and a worker of a small application. */
const ARBITER_BYTES = 60 * 2 ** 20;
const WORKER_BYTES = 80 * 2 ** 20;

/** Whoever refuses a body, it is one limit. */
const body: Rule = (deployment) => {
  const nginx = bodyLimit(deployment);
  const gateway = gatewayLimit(deployment, 'limitRequestBody');
  if (nginx === gateway) return [];
  const [least, who] = nginx < gateway ? [nginx, 'nginx'] : [gateway, 'the gateway'];
  return finding(
    'deploy.W111',
    `nginx lets bodies of ${showLimit(nginx)} through, and the gateway of ${showLimit(gateway)}: beyond ${showBytes(least)} ${who} answers 413.`,
    'Set NGINX_CLIENT_MAX_BODY_SIZE and --limit-request-body to the same.',
  );
};

/** A limit of the gateway's that was raised is one that nginx lets a request reach. */
const requestHead: Rule = (deployment) => {
  const [buffer = 0] = nginxBytes(wordsOf(deployment, /^large_client_header_buffers$/, 1), '8k');
  return ['limitRequestLine', 'limitRequestFieldSize'].flatMap((name) => {
    const limit = gatewayNumber(deployment, name);
    // With the CRLF at its end.
    if (limit + 2 <= buffer) return [];
    return finding(
      'deploy.W112',
      `The gateway's ${name} is ${limit}, and nginx refuses a line that does not fit into ${showBytes(buffer)}.`,
      "Raise the size in nginx's large_client_header_buffers, or lower the gateway's limit.",
    );
  });
};

/** What comes back as cookies in a request was set by a response. */
const responseHead: Rule = (deployment) => {
  const names = /^(?:proxy|uwsgi|fastcgi|scgi)_buffer_size$/;
  const least = Math.min(...nginxBytes(wordsOf(deployment, names), '4k'));
  const cookies = gatewayNumber(deployment, 'limitRequestFieldSize');
  if (!(least < cookies)) return [];
  return finding(
    'deploy.E113',
    `The head of a response must fit into ${showBytes(least)} of nginx's, and the cookies of a request may have ${showBytes(cookies)}: a response that sets them is a 502.`,
    "Set nginx's proxy_buffer_size to more than the gateway's limitRequestFieldSize.",
  );
};

/** What nginx keeps of its /tmp for other things than bodies. */
const NGINX_RESERVE = 4 * 2 ** 20;

/** The uploads that nginx lets in at once have room in both containers: those of one client, and of all. */
const uploads: Rule = (deployment, { FILE_UPLOAD_TEMP_DIR }) => {
  const each = bodyLimit(deployment);
  const count = Number(environmentOf(deployment.nginx)['NGINX_UPLOAD_LIMIT'] ?? 1);
  const room = (tmpBytes(deployment.nginx) ?? Infinity) - NGINX_RESERVE;
  const all = each === Infinity || room === Infinity ? count : Math.floor(room / each);
  const isInTmp = FILE_UPLOAD_TEMP_DIR === null || /^\/tmp(?:\/|$)/.test(FILE_UPLOAD_TEMP_DIR);
  return [
    ...(isInTmp ? roomFor('deploy.E114', deployment.app, Math.max(count, all), each) : []),
    ...roomFor('deploy.E115', deployment.nginx, count, each),
  ];
};

function roomFor(id: string, service: Service, count: number, each: number): CheckMessage[] {
  const room = tmpBytes(service);
  if (room === undefined || count * each <= room) return [];
  const [whose, name] = id === 'deploy.E114' ? ['all clients', 'APP'] : ['one client', 'NGINX'];
  return [
    finding(
      id,
      `nginx lets ${count} uploads of ${whose} in at once, of ${showLimit(each)} each, and ${name}_TMP is ${showBytes(room)}.`,
      `Raise ${name}_TMP, and ${name}_MEMORY with it, or lower NGINX_CLIENT_MAX_BODY_SIZE${name === 'APP' ? ' or NGINX_TMP' : ' or NGINX_UPLOAD_LIMIT'}.`,
    ),
  ];
}

/** All that a container may come to hold is within its limit: /tmp is memory, too. */
const memory: Rule = (deployment) => {
  const workers = workerCount(deployment);
  const each = gatewayNumber(deployment, 'maxWorkerMemory') * 2 ** 20 || WORKER_BYTES;
  const app = ARBITER_BYTES + workers * each;
  return [
    ...within(deployment.app, app, `${workers} workers of ${showBytes(each)}, the arbiter`, 'APP'),
    ...within(deployment.nginx, 0, 'What waits', 'NGINX'),
  ];
};

function within(service: Service, processes: number, what: string, prefix: string): CheckMessage[] {
  const limit = bytes(service.mem_limit);
  const room = tmpBytes(service) ?? 0;
  if (limit === undefined || processes + room <= limit) return [];
  return [
    finding(
      'deploy.W116',
      `${what} and ${showBytes(room)} in /tmp are more than the ${showBytes(limit)} of the container: its kernel kills what is too much.`,
      `Raise ${prefix}_MEMORY, or lower ${prefix}_TMP${prefix === 'APP' ? ', WEB_CONCURRENCY or --max-worker-memory' : ''}.`,
    ),
  ];
}

export const SIZES: readonly Rule[] = [body, requestHead, responseHead, uploads, memory];

/** The default is that of the machine where it is asked for: the container has its own CPUs. */
function workerCount(deployment: Deployment): number {
  const isDefault = deployment.gateway['workers']?.source === 'the defaults';
  const cpus = isDefault ? deployment.app.cpus : undefined;
  return cpus === undefined ? gatewayNumber(deployment, 'workers') : Math.max(1, Math.ceil(cpus));
}

function bodyLimit(deployment: Deployment): number {
  return Math.max(...nginxBytes(wordsOf(deployment, /^client_max_body_size$/), '1m')) || Infinity;
}

/** What /tmp of a service has room for: `/tmp:size=64m,mode=0700`. */
function tmpBytes({ tmpfs = [] }: Service): number | undefined {
  const options = tmpfs.find((entry) => /^\/tmp(?::|$)/.test(entry));
  return bytes(/[:,]size=([^,]+)/.exec(options ?? '')?.[1]);
}

function showLimit(limit: number): string {
  return limit === Infinity ? 'any size' : showBytes(limit);
}
