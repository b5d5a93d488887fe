import { settings } from '../settings.ts';
import type { CheckMessage } from './check.ts';

const LEAST_LENGTH = 50;
const LEAST_DISTINCT = 5;
const INSECURE_PREFIX = 'insecure-';

/** SECRET_KEY is there and strong, and so is each former one. Ids below 100 are Django's. */
export function checkSecretKey(): readonly CheckMessage[] {
  const fallbacks = settings.SECRET_KEY_FALLBACKS.flatMap((key, index) =>
    isWeak(key) ? [weak('security.W025', `SECRET_KEY_FALLBACKS[${index}]`)] : [],
  );
  return [...checkKey(), ...fallbacks];
}

function checkKey(): readonly CheckMessage[] {
  if ('SECRET_KEY' in settings) {
    return isWeak(settings.SECRET_KEY) ? [weak('security.W009', 'SECRET_KEY')] : [];
  }
  // Set for the containers by those who run more than one of them.
  const replicas = Number(process.env['APP_REPLICAS'] ?? 1);
  if (replicas > 1) {
    return [
      {
        level: 'error',
        id: 'security.E101',
        message: `SECRET_KEY is not set, and there are ${replicas} replicas: each refuses what another signed.`,
        hint: HINT,
      },
    ];
  }
  return [
    {
      level: 'warning',
      id: 'security.W009',
      message: 'SECRET_KEY is not set: what was signed before a restart is refused after it.',
      hint: HINT,
    },
  ];
}

function isWeak(key: string): boolean {
  return (
    key.length < LEAST_LENGTH ||
    new Set(key).size < LEAST_DISTINCT ||
    key.startsWith(INSECURE_PREFIX)
  );
}

function weak(id: string, name: string): CheckMessage {
  return {
    level: 'warning',
    id,
    message: `${name} is easy to guess: expected ${LEAST_LENGTH} characters or more, ${LEAST_DISTINCT} different ones or more, and no '${INSECURE_PREFIX}' before them.`,
    hint: HINT,
  };
}

const HINT = 'Make one with: openssl rand -base64 48';
