import { setTimeout } from 'node:timers/promises';
import type { Container, KubernetesObject, PodSpec } from '../../docs/kubernetes.ts';
import type { ClusterNames } from './cluster-names.ts';
import type { Site } from './site.ts';

const NAMESPACE = 'default';

export interface PodOptions {
  readonly image: string;
  /** In the place of what the ConfigMap has. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Further words of `docker run`. */
  readonly words?: readonly string[];
}

/** What a cluster has around its pods: the objects of deploy/kubernetes, a network and names. */
export interface Cluster {
  readonly site: Site;
  readonly objects: readonly KubernetesObject[];
  readonly names: ClusterNames;
  readonly network: string;
  /** The file that stands for the Secret. */
  readonly secret: string;
  /** Those that were started and not removed. */
  readonly pods: Set<Pod>;
}

/** A pod of deploy/kubernetes as Docker runs it; the test does what a cluster does around it. */
export class Pod {
  readonly id: string;
  readonly address: string;
  readonly #cluster: Cluster;
  readonly #spec: PodSpec;

  private constructor(cluster: Cluster, spec: PodSpec, id: string, address: string) {
    this.#cluster = cluster;
    this.#spec = spec;
    this.id = id;
    this.address = address;
  }

  /** Its address is told for the Service of unready pods at once. */
  static async start(cluster: Cluster, name: string, options: PodOptions): Promise<Pod> {
    const { site, network, names } = cluster;
    const spec = podSpec(cluster.objects, name);
    const words = [...dockerWords(cluster, spec, options), '--detach', '--network', network];
    const args = expandAll(spec.containers[0].args ?? [], variables(cluster, spec, options));
    const id = await site.docker('run', ...words, ...(options.words ?? []), options.image, ...args);
    const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}';
    const address = await site.docker('inspect', '--format', format, id);
    names.add(serviceName(`${name}-static`), address);
    const pod = new Pod(cluster, spec, id, address);
    cluster.pods.add(pod);
    return pod;
  }

  /** Asks as the kubelet does, and tells the pod's address for the Service once it is ready. */
  async awaitReady(name: string): Promise<void> {
    const { initialDelaySeconds = 0, periodSeconds, httpGet } = this.#readinessProbe();
    await setTimeout(initialDelaySeconds * 1000);
    const url = `http://${this.address}:8000${httpGet.path}`;
    await untilOk(url, periodSeconds * 1000).catch(async (cause: unknown) => {
      const { output } = await this.#cluster.site.run({}, 'docker', 'logs', '--tail', '9', this.id);
      throw new Error(`${name} does not become ready:\n${output}`, { cause });
    });
    this.#cluster.names.add(serviceName(name), this.address);
  }

  /** Takes it out of the Service, runs preStop and sends TERM, all within the grace period; gives the exit code. */
  async end(name: string): Promise<number> {
    const { site, names } = this.#cluster;
    const { lifecycle } = this.#spec.containers[0];
    const started = performance.now();
    names.remove(serviceName(name), this.address);
    await site.docker('exec', this.id, ...(lifecycle?.preStop.exec.command ?? ['true']));
    const left = this.#spec.terminationGracePeriodSeconds - (performance.now() - started) / 1000;
    await site.docker('stop', '--time', String(Math.floor(left)), this.id);
    names.remove(serviceName(`${name}-static`), this.address);
    const code = await site.docker('inspect', '--format', '{{.State.ExitCode}}', this.id);
    await this.remove();
    return Number(code);
  }

  async remove(): Promise<void> {
    await this.#cluster.site.docker('rm', '--force', this.id);
    this.#cluster.pods.delete(this);
  }

  #readinessProbe(): Probe {
    return (this.#spec.containers[0] as Container & { readonly readinessProbe: Probe })
      .readinessProbe;
  }
}

/** Asks until the answer is a good one. */
export async function untilOk(url: string, pauseMs: number): Promise<void> {
  const deadlineMs = performance.now() + 120_000;
  const isOk = () =>
    fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await isOk())) {
    if (performance.now() > deadlineMs) throw new Error(`${url} does not answer as it should.`);
    await setTimeout(pauseMs);
  }
}

interface Probe {
  readonly initialDelaySeconds?: number;
  readonly periodSeconds: number;
  readonly httpGet: { readonly path: string };
}

export function podSpec(objects: readonly KubernetesObject[], name: string): PodSpec {
  const found = objects.find(
    ({ spec, metadata }) => metadata.name === name && spec?.template !== undefined,
  );
  if (found?.spec?.template === undefined) throw new Error(`There are no pods of ${name}.`);
  return found.spec.template.spec;
}

/** What the kubelet has the container runtime do, in the words of `docker run`. */
export function dockerWords(cluster: Cluster, spec: PodSpec, options: PodOptions): string[] {
  const [{ securityContext, resources, volumeMounts }] = spec.containers;
  const { runAsUser, runAsGroup } = spec.securityContext;
  const { allowPrivilegeEscalation, readOnlyRootFilesystem, capabilities } = securityContext;
  const environment = Object.entries(variables(cluster, spec, options));
  return [
    ['--user', `${runAsUser}:${runAsGroup}`],
    allowPrivilegeEscalation ? [] : ['--security-opt', 'no-new-privileges'],
    readOnlyRootFilesystem ? ['--read-only'] : [],
    capabilities.drop.flatMap((name) => ['--cap-drop', name]),
    spec.shareProcessNamespace ? ['--init'] : [],
    // Kubernetes has its own probes.
    ['--no-healthcheck'],
    ['--cpus', resources.limits.cpu, '--memory', dockerSize(resources.limits.memory)],
    volumeMounts.flatMap(({ name, mountPath }) => mountWords(cluster, spec, name, mountPath)),
    environment.flatMap(([name, value]) => ['--env', `${name}=${value}`]),
  ].flat();
}

function mountWords({ secret }: Cluster, { volumes }: PodSpec, name: string, path: string) {
  const { emptyDir } = volumes.find((volume) => volume.name === name) ?? {};
  if (emptyDir === undefined) return ['--volume', `${secret}:${path}:ro`];
  return ['--tmpfs', `${path}:size=${dockerSize(emptyDir.sizeLimit)},mode=0777`];
}

function variables({ objects }: Cluster, { containers }: PodSpec, { environment }: PodOptions) {
  const [{ env, envFrom }] = containers;
  const [{ configMapRef }] = envFrom;
  const map = objects.find(({ metadata }) => metadata.name === configMapRef.name);
  const own = env.map(({ name, value, valueFrom }) => {
    const told = valueFrom?.fieldRef.fieldPath === 'metadata.namespace' ? NAMESPACE : '127.0.0.1';
    return [name, (value ?? told).replaceAll('$(POD_NAMESPACE)', NAMESPACE)];
  });
  return { ...map?.data, ...Object.fromEntries(own), ...environment } as Record<string, string>;
}

function expandAll(args: readonly string[], values: Readonly<Record<string, string>>): string[] {
  return args.map((text) => text.replace(/\$\((\w+)\)/g, (_, name: string) => values[name] ?? ''));
}

function serviceName(name: string): string {
  return `${name}.${NAMESPACE}.svc.cluster.local`;
}

/** `512Mi` is Docker's `512m`. */
function dockerSize(size: string): string {
  return size.toLowerCase().replace(/i$/, '');
}
