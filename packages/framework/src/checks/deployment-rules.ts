import type { Settings } from '../settings.ts';
import type { CheckMessage } from './check.ts';
import { environmentOf, type Deployment } from './deployment.ts';

/** Compares what two or more of them say. */
export type Rule = (
  deployment: Deployment,
  settings: Readonly<Settings>,
) => CheckMessage | readonly CheckMessage[];

/** A number among the gateway's settings: on a command line it is text. */
export function gatewayNumber({ gateway }: Deployment, name: string): number {
  return Number(gateway[name]?.value ?? 0);
}

/** The same where 0 stands for no limit. */
export function gatewayLimit(deployment: Deployment, name: string): number {
  return gatewayNumber(deployment, name) || Infinity;
}

/** The first words of all directives of a name, or nginx's own default, as times or sizes. */
export function nginxSeconds(found: readonly string[], builtIn: string): readonly number[] {
  return found.concat(found.length === 0 ? builtIn : []).map((text) => seconds(text) ?? NaN);
}

export function nginxBytes(found: readonly string[], builtIn: string): readonly number[] {
  return found.concat(found.length === 0 ? builtIn : []).map((text) => bytes(text) ?? NaN);
}

/** A setting of the gateway's as text; a list with commas. */
export function gatewayText({ gateway }: Deployment, name: string): string {
  return [gateway[name]?.value ?? ''].flat().join(',');
}

/** What stands behind the directives of this name: their word at `index`. */
export function wordsOf({ directives }: Deployment, name: RegExp, index = 0): string[] {
  return directives.filter((one) => name.test(one.name)).map(({ words }) => words[index] ?? '');
}

/** A balancer that nginx believes is in front. */
export function trustedProxy({ nginx }: Deployment): string | undefined {
  const networks = (environmentOf(nginx)['NGINX_TRUSTED_PROXY'] ?? NOBODY).split(/[\s,]+/);
  return networks.find((network) => network !== NOBODY);
}

/** What stands for nobody in NGINX_TRUSTED_PROXY. */
const NOBODY = '127.0.0.1';

const BYTES: Readonly<Record<string, number>> = { k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };
const SECONDS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };

/** A size as nginx, Docker and Compose write it: `10m`, `512MB`, `67108864`; undefined where it is none. */
export function bytes(text: string | undefined): number | undefined {
  const [, count, unit = ''] = /^(\d+(?:\.\d+)?)([kmg]?)i?b?$/i.exec(text ?? '') ?? [];
  return count === undefined ? undefined : Number(count) * (BYTES[unit.toLowerCase()] ?? 1);
}

/** A time as they write it: `35s`, `1m30s`, `500ms`, and `10` for seconds; undefined where it is none. */
export function seconds(text: string | undefined): number | undefined {
  if (text === undefined || !/^(?:\d+(?:\.\d+)?(?:ms|[smhd])?)+$/.test(text)) return undefined;
  const parts = text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])?/g);
  return [...parts].reduce(
    (sum, [, count, unit = 's']) => sum + Number(count) * (SECONDS[unit] ?? 1),
    0,
  );
}

/** As people write it: 80 MB, 8 KB, 8190 bytes. */
export function showBytes(count: number): string {
  if (count >= 2 ** 20) return `${Math.round((count / 2 ** 20) * 10) / 10} MB`;
  return count >= 2 ** 10 && count % 2 ** 10 === 0 ? `${count / 2 ** 10} KB` : `${count} bytes`;
}
