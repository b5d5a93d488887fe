import type { Composition, Deployment, GatewaySetting } from '../../src/checks/deployment.ts';
import { readDirectives, type Directive } from '../../src/checks/nginx-directives.ts';

/** What a test changes in a deployment in which all agree. */
export interface Changes {
  readonly app?: Composition['services'][string];
  readonly nginx?: Composition['services'][string];
  readonly composition?: Partial<Composition>;
  readonly gateway?: Readonly<Record<string, GatewaySetting['value']>>;
  /** Each takes the place of the directive of its name and block. */
  readonly directives?: string;
}

const NGINX = `
worker_shutdown_timeout 35s;
http {
  keepalive_timeout 75s;
  large_client_header_buffers 4 8k;
  client_max_body_size 10m;
  upstream application { keepalive 32; keepalive_timeout 10s; }
  server { proxy_read_timeout 35s; proxy_buffer_size 16k; }
}`;

const GATEWAY = {
  workers: 1,
  gracefulTimeout: 30,
  requestTimeout: 30,
  keepalive: 75,
  limitRequestLine: 4094,
  limitRequestFieldSize: 8190,
  limitRequestBody: 10_485_760,
  maxWorkerMemory: 0,
  forwardedAllowIps: '*',
  rootPath: '',
  accesslogSkip: '/healthz,/readyz',
};

export function deploymentWith(changes: Changes = {}): Deployment {
  const app = {
    networks: { internal: null },
    mem_limit: '536870912',
    stop_grace_period: '40s',
    tmpfs: ['/tmp:size=128m,mode=0700'],
    user: '1000:1000',
    ...changes.app,
  };
  const nginx = {
    networks: { internal: null, edge: null },
    mem_limit: '268435456',
    stop_grace_period: '40s',
    tmpfs: ['/tmp:size=128m'],
    user: '101:101',
    ...changes.nginx,
    environment: { NGINX_UPLOAD_LIMIT: '8', ...changes.nginx?.environment },
  };
  const composition = { services: { app, nginx }, ...changes.composition };
  const entries = Object.entries({ ...GATEWAY, ...changes.gateway });
  const gateway = entries.map(([name, value]) => [name, { value, source: 'the command line' }]);
  return {
    app,
    nginx,
    composition,
    gateway: Object.fromEntries(gateway) as Deployment['gateway'],
    directives: withChanges(
      readDirectives(NGINX, {}),
      readDirectives(changes.directives ?? '', {}),
    ),
  };
}

function withChanges(all: readonly Directive[], changed: readonly Directive[]): Directive[] {
  const isChanged = ({ name, block }: Directive): boolean =>
    changed.some(
      (one) => one.name === name && (one.block === 'upstream') === (block === 'upstream'),
    );
  return [
    ...all.filter((one) => !isChanged(one)),
    ...changed.filter(({ words }) => words.length > 0),
  ];
}
