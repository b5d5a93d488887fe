import type { Check } from './check.ts';
import { checkSecurity } from './security.ts';
import { checkSecretKey } from './secret-key.ts';
import { checkSettings } from './settings.ts';
import { checkManifest, checkStaticFiles } from './static-files.ts';
import { checkUrls } from './urls.ts';

export interface CheckOptions {
  /** What `check --tag` selects it by. */
  readonly tags: readonly string[];
  /** Only `check --deploy` runs it. */
  readonly deploy?: boolean;
}

interface RegisteredCheck extends CheckOptions {
  readonly check: Check;
}

const registered: RegisteredCheck[] = [
  { check: checkSettings, tags: ['settings'] },
  { check: checkUrls, tags: ['urls'] },
  { check: checkStaticFiles, tags: ['staticfiles'] },
  { check: checkSecurity, tags: ['security'], deploy: true },
  { check: checkSecretKey, tags: ['security'], deploy: true },
  { check: checkManifest, tags: ['staticfiles'], deploy: true },
];

/** Adds a check of the project's own; to be called from the settings module. */
export function registerCheck(check: Check, options: CheckOptions): void {
  registered.push({ check, ...options });
}

interface CheckSelection {
  readonly deploy: boolean;
  /** All, where there are none. */
  readonly tags?: readonly string[];
}

export function selectChecks({ deploy, tags = [] }: CheckSelection): readonly Check[] {
  return registered
    .filter((entry) => deploy || !entry.deploy)
    .filter((entry) => tags.length === 0 || entry.tags.some((tag) => tags.includes(tag)))
    .map(({ check }) => check);
}

export function checkTags(deploy: boolean): readonly string[] {
  const entries = registered.filter((entry) => deploy || !entry.deploy);
  return [...new Set(entries.flatMap(({ tags }) => tags))].toSorted();
}
