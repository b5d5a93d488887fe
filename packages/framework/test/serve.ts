import { once } from 'node:events';
import {
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type RequestOptions,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { nodeHandler } from '@wsgi/wsgi/adapters/node-handler';
import { createApplication } from '../src/application.ts';
import type { ErrorHandlers } from '../src/urls/urlconf.ts';
import type { Middleware } from '../src/middleware/middleware.ts';
import {
  configureSettings,
  overrideSettings,
  settingsSource,
  type Settings,
} from '../src/settings.ts';
import type { UrlPattern } from '../src/urls/path.ts';
import { compileUrlconf } from '../src/urls/urlconf.ts';
import type { Application, Environ } from '@wsgi/wsgi';
import { validator } from '@wsgi/wsgi/validator';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export type Options = RequestOptions & { readonly body?: string | Buffer };

export interface TestServer {
  readonly port: number;
  /** The path goes out as it is, without a browser's normalisation. */
  readonly get: (path: string, options?: Options) => Promise<Answer>;
}

export interface Project {
  readonly urlpatterns?: readonly UrlPattern[];
  readonly middleware?: readonly Middleware[];
  readonly errorHandlers?: ErrorHandlers;
  readonly settings?: Partial<Settings>;
  readonly environ?: Partial<Environ>;
}

/** Changes settings for the rest of this test. */
export function withSettings(changes: Partial<Settings>): void {
  if (settingsSource() === undefined) configureSettings({});
  onTestFinished(overrideSettings(changes));
}

/** Serves a project made of these patterns and middleware until the test ends. */
export function serveProject(project: Project): Promise<TestServer> {
  withSettings(project.settings ?? {});
  const urlconf = compileUrlconf(project.urlpatterns ?? [], project.errorHandlers);
  const application = createApplication(urlconf, project.middleware ?? []);
  return serve(application, project.environ);
}

/** Serves an application, held to the contract, on a free port until the test ends. */
export async function serve(
  application: Application,
  environ: Partial<Environ> = {},
): Promise<TestServer> {
  const checked = validator(application);
  const server = createServer(
    nodeHandler((given, startResponse) => checked(Object.assign(given, environ), startResponse)),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { port, get: (path, options) => get(port, path, options) };
}

async function get(
  port: number,
  path: string,
  { body, ...options }: Options = {},
): Promise<Answer> {
  const outgoing = httpRequest({ host: '127.0.0.1', port, path, agent: false, ...options });
  outgoing.end(body);
  const [response] = await once(outgoing, 'response');
  return {
    status: response.statusCode,
    headers: response.headers,
    text: await text(response),
  };
}
