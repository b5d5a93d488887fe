import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { nodeHandler } from '../../src/adapters/node-http.ts';
import { describeConformance } from '../wsgi/conformance.ts';

describeConformance('node:http', async (application) => {
  const server = createServer(nodeHandler(application, { onError: () => {} }));
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
});
