import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fetchApplication } from '../../src/adapters/fetch-application.ts';
import { fetchHandler } from '../../src/adapters/fetch-handler.ts';
import { nodeApplication } from '../../src/adapters/node-application.ts';
import { nodeHandler } from '../../src/adapters/node-handler.ts';
import type { Application } from '../../src/types.ts';
import { cgiCaller } from './cgi-caller.ts';
import { describeConformance, type RunningServer } from '../conformance.ts';

const QUIET = { onError: () => {} };

describeConformance('node:http', serve);

// There and back: what one adapter makes of an application, another makes an application again.
describeConformance('node:http in memory', (application) =>
  serve(nodeApplication(nodeHandler(application, QUIET))),
);
describeConformance(
  'the Fetch API',
  (application) => {
    const answer = fetchHandler(application, QUIET);
    return serve(
      fetchApplication((request, { REMOTE_ADDR: remoteAddress = '' }) =>
        answer(request, { remoteAddress }),
      ),
    );
  },
  {
    'the variables of a plain request': 'a Request has no port of the client',
    'a path is not made simpler': 'a URL resolves its dot segments',
    'OPTIONS * has no path': 'a URL always has one',
    'an old version is told': 'a Request has no version',
  },
);

describeConformance('CGI', (application) => listen(cgiCaller(application)), {
  'to HTTP/1.0 an error in the middle of a body resets the connection':
    'a server learns of a cut by a length, or by the exit status',
  'OPTIONS * has no path': 'a server answers it, as it is about no script',
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
