import { statSync } from 'node:fs';
import { join } from 'node:path';
import { finding, type CheckMessage } from './check.ts';
import { environmentOf, type Service } from './deployment.ts';
import { gatewayText, trustedProxy, type Rule } from './deployment-rules.ts';

/** nginx and the application answer to the same names. */
const hosts: Rule = (deployment, { ALLOWED_HOSTS }) => {
  const served = namesOf(deployment.nginx);
  // A regular expression may stand for any name, and * is told by another check.
  if (served.some((name) => name.startsWith('~')) || ALLOWED_HOSTS.includes('*')) return [];
  const allowed = ALLOWED_HOSTS.map((name) => name.toLowerCase());
  return [
    ...refused(allowed, served).map((name) =>
      hostFinding(`ALLOWED_HOSTS has ${name}, which gets no answer from nginx.`),
    ),
    ...refused(served, allowed).map((name) =>
      hostFinding(`nginx serves ${name}, which is a 400 of the application's.`),
    ),
  ];
};

function refused(names: readonly string[], others: readonly string[]): readonly string[] {
  return names.filter((name) => !isLocal(name) && !others.some((other) => covers(other, name)));
}

/** Both take `.example.com` for the name and all below it, nginx `*.example.com` for those below it. */
function covers(pattern: string, name: string): boolean {
  if (pattern.startsWith('.') && name === pattern.slice(1)) return true;
  const suffix = pattern.replace(/^\*?\./, '.');
  return pattern === name || (suffix.startsWith('.') && name.endsWith(suffix));
}

function namesOf(nginx: Service): string[] {
  const names = environmentOf(nginx)['NGINX_SERVER_NAMES'] ?? '~.';
  return names
    .toLowerCase()
    .split(/\s+/)
    .filter((name) => name !== '');
}

function isLocal(name: string): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(name);
}

function hostFinding(message: string): CheckMessage {
  return finding(
    'deploy.W121',
    message,
    'Give NGINX_SERVER_NAMES and ALLOWED_HOSTS the same names.',
  );
}

/** The gateway believes nginx, and nobody else can say that they are nginx. */
const forwardedAllowIps: Rule = (deployment) => {
  const { app, nginx, composition } = deployment;
  const believed = gatewayText(deployment, 'forwardedAllowIps').split(',');
  if (believed.includes('*')) {
    if ((app.ports ?? []).length === 0) return [];
    return finding(
      'deploy.E122',
      "The application's port is published, and FORWARDED_ALLOW_IPS is '*': whoever connects may say that it is another client, and came over https.",
      'Take `ports` of the service app away, or set FORWARDED_ALLOW_IPS to the network of nginx.',
    );
  }
  const shared = Object.keys(app.networks ?? {}).filter((name) => name in (nginx.networks ?? {}));
  const subnets = shared
    .flatMap((name) => composition.networks?.[name]?.ipam?.config ?? [])
    .flatMap(({ subnet }) => subnet ?? []);
  const isBelieved =
    subnets.length > 0
      ? subnets.some((subnet) => believed.includes(subnet))
      : believed.some((network) => !/^(?:127\.|::1|$)/.test(network));
  if (isBelieved) return [];
  return finding(
    'deploy.E123',
    `The gateway does not believe nginx: FORWARDED_ALLOW_IPS is '${believed.join(',')}'. Every client has the address of nginx, and none comes over https.`,
    `Set FORWARDED_ALLOW_IPS to ${subnets[0] ?? "the subnet of their network, or to '*' where nothing else is on it"}.`,
  );
};

/** nginx believes a balancer, and not everyone. */
const trustedByNginx: Rule = (deployment) => {
  const everyone = trustedProxy(deployment);
  if (everyone === undefined || !everyone.endsWith('/0')) return [];
  return finding(
    'deploy.W124',
    `nginx believes everyone (${everyone}): each client may choose the address that limits and logs go by.`,
    "Set NGINX_TRUSTED_PROXY to the balancer's own network.",
  );
};

/** What insists on https has https. */
const https: Rule = (deployment, { SECURE_HSTS_SECONDS, SECURE_SSL_REDIRECT }) => {
  const { TLS = 'off', NGINX_HSTS_SECONDS = '0' } = environmentOf(deployment.nginx);
  const insisting = [
    SECURE_SSL_REDIRECT && 'SECURE_SSL_REDIRECT',
    SECURE_HSTS_SECONDS > 0 && 'SECURE_HSTS_SECONDS',
    Number(NGINX_HSTS_SECONDS) > 0 && 'NGINX_HSTS_SECONDS',
  ].find((name) => name !== false);
  const hasTls = TLS !== 'off' && TLS !== '';
  if (insisting === undefined || hasTls || trustedProxy(deployment) !== undefined) return [];
  return finding(
    'deploy.E125',
    `${insisting} is set, and nobody can come over https: nginx has no TLS, and trusts no balancer that has.`,
    'Set TLS, or name the balancer in NGINX_TRUSTED_PROXY.',
  );
};

/** Each secret is there, and the user of its container can read it. */
const secrets: Rule = (deployment) =>
  [deployment.app, deployment.nginx].flatMap((service) => [
    ...(service.secrets ?? []).flatMap(({ source }) => {
      const { file } = deployment.composition.secrets?.[source] ?? {};
      return file === undefined ? [] : checkFile(service, `the secret ${source}`, file);
    }),
    ...keyFiles(service).flatMap(([name, file]) => checkFile(service, name, file)),
    ...Object.entries(environmentOf(service)).flatMap(([name, path]) =>
      checkPath(service, name, path),
    ),
  ]);

/** TLS=files: the two that nginx reads, in the folder that is mounted. */
function keyFiles(service: Service): (readonly [name: string, file: string])[] {
  const { TLS, ...environment } = environmentOf(service);
  const folder = service.volumes?.find(({ target }) => target === '/srv/tls')?.source;
  if (TLS !== 'files' || folder === undefined) return [];
  const names = ['TLS_CERTIFICATE', 'TLS_KEY'] as const;
  return names.map((name) => [name, join(folder, environment[name] ?? '')]);
}

/** Compose mounts a file as it is: its owner and mode stay those of this machine. */
function checkFile(service: Service, what: string, file: string): readonly CheckMessage[] {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats === undefined) {
    const mend = what.startsWith('TLS_')
      ? 'Name one that is in TLS_FOLDER.'
      : `Make it: openssl rand -base64 48 > ${file}`;
    return [finding('deploy.E126', `The file of ${what} is not there: ${file}.`, mend)];
  }
  const [uid = 0, gid = uid] = (service.user ?? '0').split(':').map(Number);
  const bit = stats.uid === uid ? 0o400 : stats.gid === gid ? 0o040 : 0o004;
  // Where Docker runs in a machine of its own, it maps owners.
  if (uid === 0 || (stats.mode & bit) !== 0 || process.platform !== 'linux') return [];
  const message = `The file of ${what} cannot be read by the container's user, ${uid}: ${file}.`;
  return [finding('deploy.E127', message, `chown ${uid} ${file} && chmod 400 ${file}`)];
}

/** SECRET_KEY_FILE=/run/secrets/secret_key is a promise that the service has such a secret. */
function checkPath(
  { secrets: own = [], volumes = [] }: Service,
  name: string,
  path: string,
): readonly CheckMessage[] {
  const targets = [
    ...own.map(({ source, target = source }) => target),
    ...volumes.map(({ target }) => target),
  ];
  const isMounted = targets.some((target) => path === target || path === `/run/secrets/${target}`);
  if (!name.endsWith('_FILE') || !path.startsWith('/run/secrets/') || isMounted) return [];
  const message = `${name} is ${path}, and the service has no such secret.`;
  return [
    finding(
      'deploy.E126',
      message,
      'Add it to `secrets` of the service, and to those at the top of the file.',
    ),
  ];
}

/** What one replica signed, the others accept. */
const replicas: Rule = ({ app }, settings) => {
  const count = app.scale ?? app.deploy?.replicas ?? 1;
  if (count < 2 || 'SECRET_KEY' in settings || hasKey(app)) return [];
  return finding(
    'deploy.E128',
    `SECRET_KEY is not set, and there are ${count} replicas: each refuses what another signed.`,
    'Make one with: openssl rand -base64 48',
  );
};

function hasKey(app: Service): boolean {
  const { SECRET_KEY = '', SECRET_KEY_FILE = '' } = environmentOf(app);
  return SECRET_KEY !== '' || SECRET_KEY_FILE !== '';
}

/** nginx, the gateway and the application mean the same paths. */
const paths: Rule = (deployment, settings) => {
  const skipped = gatewayText(deployment, 'accesslogSkip');
  const { FORCE_SCRIPT_NAME, HEALTH_PATH } = settings;
  const { HEALTH_PATH: asked = HEALTH_PATH } = environmentOf(deployment.nginx);
  const mounted = gatewayText(deployment, 'rootPath');
  const logged = (['HEALTH_PATH', 'READY_PATH'] as const).filter(
    (name) => skipped !== '' && !skipped.split(',').includes(settings[name]),
  );
  return [
    ...logged.map((name) =>
      healthFinding(
        name,
        settings[name],
        `the gateway leaves '${skipped}' out of its log (access-log-skip)`,
        'Set accesslogSkip in gateway.config.ts to HEALTH_PATH and READY_PATH.',
      ),
    ),
    ...(asked === HEALTH_PATH
      ? []
      : [
          healthFinding(
            'HEALTH_PATH',
            HEALTH_PATH,
            `nginx takes '${asked}' for it`,
            'Set HEALTH_PATH in .env, and have the settings read it.',
          ),
        ]),
    ...(mounted === '' || mounted === FORCE_SCRIPT_NAME
      ? []
      : [mountFinding(mounted, FORCE_SCRIPT_NAME)]),
  ];
};

function healthFinding(name: string, path: string, other: string, mend: string): CheckMessage {
  return finding(
    'deploy.W129',
    `A health check is at '${path}' (${name} of the settings), and ${other}.`,
    mend,
  );
}

function mountFinding(mounted: string, forced: string | null): CheckMessage {
  return finding(
    'deploy.E130',
    `The gateway has the application at '${mounted}' (root-path), and FORCE_SCRIPT_NAME is ${forced === null ? 'not set' : `'${forced}'`}: links lead elsewhere.`,
    'Set FORCE_SCRIPT_NAME to the same path.',
  );
}

/** What is compared here is what nginx goes by. */
const ownConfiguration: Rule = ({ nginx }) => {
  const foreign = (nginx.volumes ?? [])
    .map(({ target }) => target)
    .filter((target) => CONFIGURATION.test(target));
  const command = nginx.command?.join(' ');
  const other =
    command === undefined || command.includes('/tmp/nginx.conf') ? [] : [`the command ${command}`];
  return [...foreign, ...other].map((what) =>
    finding(
      'deploy.W131',
      `nginx has ${what} from elsewhere: it goes by another configuration than the one of nginx/ that was compared.`,
      'Put what is to change into nginx/, and build the image again.',
    ),
  );
};

const CONFIGURATION =
  /^\/etc\/nginx(?:\/(?:nginx\.conf|conf\.d.*|templates.*))?$|^\/tmp\/.*\.conf$/;

export const TRUST: readonly Rule[] = [
  hosts,
  forwardedAllowIps,
  trustedByNginx,
  https,
  secrets,
  replicas,
  paths,
  ownConfiguration,
];
