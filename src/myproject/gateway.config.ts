import type { GatewayConfig } from '../gateway/settings/config-file.ts';

/** How the gateway runs; `--help` lists every setting. The command line wins over this file. */
export default {} satisfies GatewayConfig;
