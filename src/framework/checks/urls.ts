import { ImproperlyConfigured } from '../errors.ts';
import { health } from '../middleware/health.ts';
import { settings } from '../settings.ts';
import { loadUrlconf, type CompiledRoute, type Urlconf } from '../urls/urlconf.ts';
import type { CheckMessage } from './check.ts';

/** The URLconf loads, `reverse` can tell its names apart, and each of its paths can be reached. */
export async function checkUrls(): Promise<readonly CheckMessage[]> {
  let urlconf: Urlconf;
  try {
    urlconf = await loadUrlconf(settings.ROOT_URLCONF);
  } catch (error) {
    if (!(error instanceof ImproperlyConfigured)) throw error;
    return [{ level: 'error', id: 'urls.E001', message: error.message }];
  }
  return [
    ...[...urlconf.byName].flatMap(([name, routes]) => checkName(name, routes)),
    ...urlconf.routes.flatMap(checkHealthPath),
    ...urlconf.routes.flatMap(checkIsPath),
  ];
}

/** Django's 2_0.W001: the habit of `re_path`. */
function checkIsPath({ pattern: { source } }: CompiledRoute): readonly CheckMessage[] {
  if (!/\(\?P?<|^\^|\$$/.test(source)) return [];
  return [
    {
      level: 'warning',
      id: 'urls.W103',
      message: `The URL pattern '${source}' looks like a regular expression: it is matched as it stands.`,
      hint: "Write it as a path: 'articles/<int:year>/'.",
    },
  ];
}

function checkName(name: string, routes: readonly CompiledRoute[]): readonly CheckMessage[] {
  const signatures = routes.map(({ pattern }) =>
    pattern.parameters
      .map((p) => p.name)
      .toSorted()
      .join(),
  );
  if (new Set(signatures).size === routes.length) return [];
  return [
    {
      level: 'warning',
      id: 'urls.W101',
      message: `${routes.length} URL patterns are named '${name}' and take the same parameters.`,
      hint: 'reverse() finds the first alone: give the others a name of their own.',
    },
  ];
}

function checkHealthPath({ pattern }: CompiledRoute): readonly CheckMessage[] {
  const { HEALTH_PATH, MIDDLEWARE } = settings;
  if (!MIDDLEWARE.includes(health) || `/${pattern.source}` !== HEALTH_PATH) return [];
  return [
    {
      level: 'warning',
      id: 'urls.W102',
      message: `The URL pattern '${pattern.source}' is never reached: the health middleware answers HEALTH_PATH, which is '${HEALTH_PATH}'.`,
      hint: 'Change HEALTH_PATH, and with it the health checks in the Dockerfile, or the pattern.',
    },
  ];
}
