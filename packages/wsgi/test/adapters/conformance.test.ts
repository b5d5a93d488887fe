import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { fetchApplication } from '../../src/adapters/fetch-application.ts';
import { fetchHandler } from '../../src/adapters/fetch-handler.ts';
import { nodeApplication } from '../../src/adapters/node-application.ts';
import { nodeHandler } from '../../src/adapters/node-handler.ts';
import type { Application } from '../../src/types.ts';
import { CASES } from '../conformance-cases.ts';
import { EXCEPTIONS } from '../conformance-exceptions.ts';
import { SCENARIOS } from '../conformance-scenarios.ts';
import { describeConformance, type RunningServer } from '../conformance.ts';
import { cgiCaller } from './cgi-caller.ts';
import {
  functionUrlEvent,
  httpApiEvent,
  lambdaCaller,
  lambdaStreamCaller,
} from './lambda-caller.ts';

const WITH_EXCEPTIONS = [
  'the Fetch API',
  'Bun',
  'Deno',
  'workerd',
  'CGI',
  'Lambda',
  'Lambda by API Gateway',
  'Lambda streams',
];
const QUIET = { onError: () => {} };

describeConformance('node:http', serve);

// There and back: what one adapter makes of an application, another makes an application again.
describeConformance('node:http in memory', (application) =>
  serve(nodeApplication(nodeHandler(application, QUIET))),
);
describeConformance('the Fetch API', (application) => {
  const answer = fetchHandler(application, QUIET);
  return serve(
    fetchApplication((request, { REMOTE_ADDR: remoteAddress = '' }) =>
      answer(request, { remoteAddress }),
    ),
  );
});

describeConformance('CGI', (application) => listen(cgiCaller(application)));

describeConformance('Lambda', (application) => listen(lambdaCaller(application, functionUrlEvent)));
describeConformance('Lambda by API Gateway', (application) =>
  listen(lambdaCaller(application, httpApiEvent)),
);
describeConformance('Lambda streams', (application) =>
  listen(lambdaStreamCaller(application, functionUrlEvent)),
);

test('what docs/servers.md says of servers is about cases and servers that there are', () => {
  const cases = [...CASES, ...SCENARIOS].map(({ name }) => name);
  expect(cases).toEqual(expect.arrayContaining(EXCEPTIONS.map(([name]) => name)));
  const servers = new Set(EXCEPTIONS.flatMap(([, names]) => names));
  expect([...servers].toSorted()).toEqual(WITH_EXCEPTIONS.toSorted());
});

function serve(application: Application): Promise<RunningServer> {
  return listen(nodeHandler(application, QUIET));
}

async function listen(listener: RequestListener): Promise<RunningServer> {
  const server = createServer(listener);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
