import type { Check } from './check.ts';
import { checkDeployment } from './deployment.ts';
import { checkStaticFiles } from './static-files.ts';
import { checkUrls } from './urls.ts';

const checks: Check[] = [checkUrls, checkStaticFiles];
const deploymentChecks: Check[] = [checkDeployment];

/** Adds a check of the project's own; with `deploy`, one that only `check --deploy` runs. */
export function registerCheck(check: Check, options: { readonly deploy?: boolean } = {}): void {
  (options.deploy ? deploymentChecks : checks).push(check);
}

export function registeredChecks(deploy: boolean): readonly Check[] {
  return deploy ? [...checks, ...deploymentChecks] : checks;
}
