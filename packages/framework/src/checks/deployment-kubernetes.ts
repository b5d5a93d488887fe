import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Settings } from '../settings.ts';
import { finding, type CheckMessage } from './check.ts';
import {
  askGateway,
  environmentOf,
  NotCompared,
  ask,
  type Deployment,
  type Service,
} from './deployment.ts';
import { bytes } from './deployment-rules.ts';
import { readNginxFolder } from './nginx-directives.ts';

/** What is looked at of an object that kubectl builds, of whichever kind. */
interface KubernetesObject {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly replicas?: number;
    readonly minReplicas?: number;
    readonly rules?: readonly { readonly host?: string }[];
    readonly template?: { readonly spec: PodSpec };
  };
}

interface PodSpec {
  readonly terminationGracePeriodSeconds?: number;
  readonly securityContext?: { readonly runAsUser?: number; readonly runAsGroup?: number };
  readonly volumes?: readonly {
    readonly name: string;
    readonly emptyDir?: { readonly sizeLimit?: string };
  }[];
  readonly containers: readonly Container[];
}

interface Container extends Partial<Record<(typeof PROBES)[number], Probe>> {
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly envFrom?: readonly { readonly configMapRef?: { readonly name: string } }[];
  readonly lifecycle?: { readonly preStop?: { readonly exec?: { command: readonly string[] } } };
  readonly resources?: { readonly limits?: { readonly cpu?: string; readonly memory?: string } };
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
}

const PROBES = ['startupProbe', 'livenessProbe', 'readinessProbe'] as const;

interface Probe {
  readonly httpGet?: { readonly path?: string };
}

/** The same two services as Kubernetes runs them, and what it alone has. */
export interface KubernetesDeployment extends Deployment {
  /** The paths that are asked for, by the probes' names. */
  readonly probes: Readonly<Partial<Record<(typeof PROBES)[number], string>>>;
  /** The names that lead to the site. */
  readonly hosts: readonly string[];
}

const FOLDER = 'deploy/kubernetes';
/** Builds the folder without a cluster, and prints JSON. */
const BUILD = ['label', '--local', '--kustomize', FOLDER, '--output', 'json', 'checked=yes'];

/**
 * Asks kubectl what it makes of deploy/kubernetes. Undefined where there is no such folder, or no kubectl:
 * who has none releases elsewhere.
 *
 * @throws {NotCompared} where kubectl or the gateway does not answer.
 */
export async function readKubernetes(): Promise<KubernetesDeployment | undefined> {
  if (!existsSync(resolve(FOLDER))) return undefined;
  const objects = await build();
  if (objects === undefined) return undefined;
  const find = (kind: string, name: string): KubernetesObject => {
    const found = objects.find((one) => one.kind === kind && one.metadata.name === name);
    if (found === undefined) throw new NotCompared(`${FOLDER} has no ${kind} ${name}`);
    return found;
  };
  const least = objects.find(({ kind }) => kind === 'HorizontalPodAutoscaler')?.spec?.minReplicas;
  const app = serviceOf(find('Deployment', 'app'), objects, least);
  const nginx = serviceOf(find('Deployment', 'nginx'), objects);
  return {
    app,
    nginx,
    composition: { services: { app, nginx } },
    gateway: await askGateway({ ...app, build: { context: '.', ...IMAGE } }),
    directives: readNginxFolder(environmentOf(nginx)),
    probes: probesOf(containerOf(find('Deployment', 'app'))),
    hosts: objects.flatMap(({ spec }) => spec?.rules ?? []).flatMap(({ host }) => host ?? []),
  };
}

const IMAGE = { dockerfile: 'Dockerfile', target: 'production' };

async function build(): Promise<KubernetesObject[] | undefined> {
  try {
    const text = await ask('kubectl', BUILD);
    // One object after the other.
    return JSON.parse(`[${text.replace(/^\}\s*^\{/gm, '},{')}]`) as KubernetesObject[];
  } catch (error) {
    if ((error as { cause?: { code?: unknown } }).cause?.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** A Deployment in the words of Compose, which the rules know. */
function serviceOf(
  deployment: KubernetesObject,
  objects: readonly KubernetesObject[],
  replicas = deployment.spec?.replicas,
): Service {
  const pod = podOf(deployment);
  const container = containerOf(deployment);
  const { cpu = '', memory } = container.resources?.limits ?? {};
  const { runAsUser = 0, runAsGroup = 0 } = pod.securityContext ?? {};
  return {
    ...(container.args !== undefined && { command: container.args }),
    ...(cpu !== '' && { cpus: cpu.endsWith('m') ? parseInt(cpu) / 1000 : Number(cpu) }),
    ...(memory !== undefined && { mem_limit: memory }),
    environment: variablesOf(container, objects),
    networks: { internal: null },
    scale: replicas ?? 1,
    stop_grace_period: `${(pod.terminationGracePeriodSeconds ?? 30) - preStopSeconds(container)}s`,
    tmpfs: tmpOf(pod, container),
    user: `${runAsUser}:${runAsGroup}`,
    volumes: (container.volumeMounts ?? []).map(({ mountPath }) => ({ target: mountPath })),
  };
}

function podOf({ spec }: KubernetesObject): PodSpec {
  return spec?.template?.spec ?? { containers: [] };
}

function containerOf(deployment: KubernetesObject): Container {
  return podOf(deployment).containers[0] ?? {};
}

function variablesOf({ env = [], envFrom = [] }: Container, objects: readonly KubernetesObject[]) {
  const maps = envFrom.map(({ configMapRef }) =>
    objects.find(
      ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === configMapRef?.name,
    ),
  );
  const own = env.map(({ name, value }) => [name, value ?? null] as const);
  return { ...Object.assign({}, ...maps.map((map) => map?.data)), ...Object.fromEntries(own) };
}

/** `sleep 10` */
function preStopSeconds({ lifecycle }: Container): number {
  return Number(lifecycle?.preStop?.exec?.command.at(-1) ?? 0);
}

function tmpOf({ volumes = [] }: PodSpec, { volumeMounts = [] }: Container): string[] {
  const name = volumeMounts.find(({ mountPath }) => mountPath === '/tmp')?.name;
  const size = bytes(volumes.find((volume) => volume.name === name)?.emptyDir?.sizeLimit);
  return size === undefined ? [] : [`/tmp:size=${size}`];
}

function probesOf(container: Container): KubernetesDeployment['probes'] {
  const asked = PROBES.map((name) => [name, container[name]?.httpGet?.path] as const);
  return Object.fromEntries(asked.filter(([, path]) => path !== undefined));
}

/** The settings as they are there: the ConfigMap of the application says what these are. */
export function settingsThere(
  { app }: Deployment,
  settings: Readonly<Settings>,
): Readonly<Settings> {
  const { ALLOWED_HOSTS, HEALTH_PATH = settings.HEALTH_PATH } = environmentOf(app);
  const hosts = ALLOWED_HOSTS?.split(',').map((name) => name.trim());
  return { ...settings, HEALTH_PATH, ALLOWED_HOSTS: hosts ?? settings.ALLOWED_HOSTS };
}

/** Kubernetes asks where the application answers for its health: a path that is not there is a 404. */
export function probePaths(
  { probes }: KubernetesDeployment,
  { HEALTH_PATH, READY_PATH }: Readonly<Settings>,
): CheckMessage[] {
  return Object.entries(probes).flatMap(([probe, path]) => {
    const wanted = probe === 'readinessProbe' ? [READY_PATH, HEALTH_PATH] : [HEALTH_PATH];
    if (wanted.includes(path)) return [];
    return finding(
      'deploy.E132',
      `The ${probe} asks for '${path}', and the application answers at '${wanted[0]}': no pod gets on.`,
      `Set its path in ${FOLDER}/app.yaml to ${probe === 'readinessProbe' ? 'READY_PATH' : 'HEALTH_PATH'}.`,
    );
  });
}

/** Whom the Ingress leads here, the application answers. */
export function ingressHosts(
  { hosts }: KubernetesDeployment,
  { ALLOWED_HOSTS }: Readonly<Settings>,
): CheckMessage[] {
  const isAllowed = (name: string): boolean =>
    ALLOWED_HOSTS.some(
      (allowed) =>
        allowed === '*' ||
        allowed === name ||
        (allowed.startsWith('.') && `.${name}`.endsWith(allowed)),
    );
  return hosts
    .filter((name) => !isAllowed(name))
    .map((name) =>
      finding(
        'deploy.W133',
        `The Ingress leads ${name} here, and ALLOWED_HOSTS does not have it: each visitor gets a 400.`,
        `Add it to ALLOWED_HOSTS in ${FOLDER}/kustomization.yaml, or change it in ingress.yaml.`,
      ),
    );
}

/** What a finding of the common rules is about there. */
export function inWordsOfKubernetes({ message, hint, ...rest }: CheckMessage): CheckMessage {
  return {
    ...rest,
    message: `Kubernetes: ${translate(message)}`,
    ...(hint !== undefined && { hint: translate(hint) }),
  };
}

function translate(text: string): string {
  const words = /Docker|STOP_GRACE_PERIOD|(?:APP|NGINX)_(?:TMP|MEMORY)/g;
  return text.replace(words, (word) => WORDS[word] ?? word);
}

const WORDS: Readonly<Record<string, string>> = {
  Docker: 'Kubernetes',
  STOP_GRACE_PERIOD: 'terminationGracePeriodSeconds without the time of preStop',
  APP_TMP: 'the sizeLimit of tmp in app.yaml',
  APP_MEMORY: 'the memory in app.yaml',
  NGINX_TMP: 'the sizeLimit of tmp in nginx.yaml',
  NGINX_MEMORY: 'the memory in nginx.yaml',
};
