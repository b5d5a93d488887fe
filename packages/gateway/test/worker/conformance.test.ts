import { describeConformance } from '../../../wsgi/test/conformance.ts';
import { Networks } from '../../src/settings/addresses.ts';
import { startFront } from '../protocols/http-front.ts';
import { PROXY_PROTOCOLS } from '../protocols/proxy-requests.ts';
import { serve } from './serve.ts';

describeConformance('the gateway', (application) => serve(application));

for (const protocol of PROXY_PROTOCOLS) {
  describeConformance(`the gateway over ${protocol}`, async (application) => {
    const trustedPeers = new Networks(['127.0.0.1']);
    const gateway = await serve(application, { trustedPeers }, protocol);
    const front = await startFront(protocol, gateway.port);
    return {
      port: front.port,
      async close() {
        await front.close();
        await gateway.close();
      },
    };
  });
}
