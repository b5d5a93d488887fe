import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, '../deploy/kubernetes');

/** An object as kubectl builds it. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: { readonly template?: { readonly spec: PodSpec } };
}

/** What of a pod Docker can do, too. */
export interface PodSpec {
  readonly terminationGracePeriodSeconds: number;
  readonly shareProcessNamespace: boolean;
  readonly securityContext: {
    readonly runAsUser: number;
    readonly runAsGroup: number;
    readonly runAsNonRoot: boolean;
    readonly seccompProfile: { readonly type: string };
  };
  readonly volumes: readonly {
    readonly name: string;
    readonly emptyDir?: { readonly medium?: string; readonly sizeLimit: string };
    readonly secret?: { readonly secretName: string };
  }[];
  readonly containers: readonly [Container];
}

export interface Container {
  readonly image: string;
  readonly args?: readonly string[];
  readonly env: readonly {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: { readonly fieldRef: { readonly fieldPath: string } };
  }[];
  readonly envFrom: readonly [{ readonly configMapRef: { readonly name: string } }];
  readonly volumeMounts: readonly {
    readonly name: string;
    readonly mountPath: string;
    readonly subPath?: string;
  }[];
  readonly securityContext: {
    readonly allowPrivilegeEscalation: boolean;
    readonly readOnlyRootFilesystem: boolean;
    readonly capabilities: { readonly drop: readonly string[] };
  };
  readonly resources: { readonly limits: { readonly cpu: string; readonly memory: string } };
  readonly lifecycle?: { readonly preStop: { readonly exec: { readonly command: string[] } } };
}

/** Builds a folder of Kustomize's without a cluster: all objects, each as kubectl prints it. */
export function buildKubernetes(folder: string = FOLDER): KubernetesObject[] {
  const words = ['label', '--local', '--kustomize', folder, '--output', 'json', 'built=yes'];
  const text = execFileSync('kubectl', words, { encoding: 'utf8' });
  return JSON.parse(`[${text.replace(/^\}\s*^\{/gm, '},{')}]`) as KubernetesObject[];
}

/** Why it cannot be built; in CI it has to be. */
export function missingKubectl(): string | undefined {
  try {
    execFileSync('kubectl', ['kustomize', FOLDER], { stdio: 'ignore' });
    return undefined;
  } catch (error) {
    if (process.env['CI'] === 'true' || (error as { code?: unknown }).code !== 'ENOENT')
      throw error;
    return 'needs kubectl';
  }
}
