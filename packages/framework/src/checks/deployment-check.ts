import { CommandError } from '../errors.ts';
import { settings, type Settings } from '../settings.ts';
import type { CheckMessage } from './check.ts';
import { NotCompared, readDeployment, type Deployment } from './deployment.ts';
import {
  inWordsOfKubernetes,
  ingressHosts,
  probePaths,
  readKubernetes,
  settingsThere,
  type KubernetesDeployment,
} from './deployment-kubernetes.ts';
import { SIZES } from './deployment-sizes.ts';
import { TIMES } from './deployment-times.ts';
import { TRUST } from './deployment-trust.ts';

/** What only the whole can show: values that must agree in nginx, Compose or Kubernetes, the gateway and the settings. */
export async function checkDeployment(): Promise<readonly CheckMessage[]> {
  return [
    ...(await compare('Compose', readDeployment, disagreements)),
    ...(await compare('Kubernetes', readKubernetes, kubernetesDisagreements)),
  ];
}

async function compare<Read>(
  what: string,
  read: () => Promise<Read | undefined>,
  disagreementsOf: (deployment: Read) => readonly CheckMessage[],
): Promise<readonly CheckMessage[]> {
  try {
    const deployment = await read();
    return deployment === undefined ? [] : disagreementsOf(deployment);
  } catch (error) {
    if (!(error instanceof NotCompared) && !(error instanceof CommandError)) throw error;
    const message = `nginx, ${what}, gateway and settings were not compared: ${error.message}.`;
    return [{ level: 'info', id: 'deploy.I100', message }];
  }
}

export function disagreements(
  deployment: Deployment,
  known: Readonly<Settings> = settings,
): readonly CheckMessage[] {
  return [...TIMES, ...SIZES, ...TRUST].flatMap((rule) => rule(deployment, known));
}

export function kubernetesDisagreements(deployment: KubernetesDeployment): readonly CheckMessage[] {
  const there = settingsThere(deployment, settings);
  return [
    ...disagreements(deployment, there).map(inWordsOfKubernetes),
    ...probePaths(deployment, there),
    ...ingressHosts(deployment, there),
  ];
}
