import type { GatewayConfig } from '@wsgi/gateway';

/** How the gateway runs; `--help` lists every setting. The command line wins over this file. */
export default {} satisfies GatewayConfig;
