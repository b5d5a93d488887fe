import { CommandError } from '../errors.ts';
import { settings } from '../settings.ts';
import type { CheckMessage } from './check.ts';
import { NotCompared, readDeployment, type Deployment } from './deployment.ts';
import { SIZES } from './deployment-sizes.ts';
import { TIMES } from './deployment-times.ts';
import { TRUST } from './deployment-trust.ts';

/** What only the whole can show: values that must agree in nginx, Compose, the gateway and the settings. */
export async function checkDeployment(): Promise<readonly CheckMessage[]> {
  try {
    const deployment = await readDeployment();
    return deployment === undefined ? [] : disagreements(deployment);
  } catch (error) {
    if (!(error instanceof NotCompared) && !(error instanceof CommandError)) throw error;
    const message = `nginx, Compose, gateway and settings were not compared: ${error.message}.`;
    return [{ level: 'info', id: 'deploy.I100', message }];
  }
}

export function disagreements(deployment: Deployment): readonly CheckMessage[] {
  return [...TIMES, ...SIZES, ...TRUST].flatMap((rule) => rule(deployment, settings));
}
