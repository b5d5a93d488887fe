import { betterAuth } from 'better-auth';
import type { HttpRequest } from '@wsgi/framework';
import { settings } from '@wsgi/framework/settings';
import { db } from '../database/database.ts';

/** Made when it is first asked for, as it reads settings. Its tables are made by `migrate`. */
export function auth(): Auth {
  return (made ??= makeAuth());
}

type Auth = ReturnType<typeof makeAuth>;
let made: Auth | undefined;

function makeAuth() {
  return betterAuth({
    basePath: '/accounts',
    baseURL: settings.SITE_URL,
    secret: settings.SECRET_KEY,
    database: { db, type: 'postgres' },
    emailAndPassword: { enabled: true },
    // nginx counts what one address may ask.
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
  });
}

/** Who is signed in, if somebody is. */
export async function userOf(
  request: HttpRequest,
): Promise<{ email: string; name: string } | undefined> {
  const session = await auth().api.getSession({ headers: headersOf(request) });
  return session?.user;
}

export function headersOf({ headers }: HttpRequest): Headers {
  return new Headers(Array.from(headers, ([name, value]): [string, string] => [name, value]));
}
