/** What of `docker inspect` tells how tight a container is held. */
export interface Container {
  readonly Name: string;
  readonly Config: { readonly User: string };
  readonly HostConfig: {
    readonly Init?: boolean;
    readonly ReadonlyRootfs: boolean;
    readonly Privileged: boolean;
    readonly CapAdd: readonly string[] | null;
    readonly CapDrop: readonly string[] | null;
    readonly SecurityOpt: readonly string[] | null;
    readonly Memory: number;
    readonly NanoCpus: number;
    readonly PidsLimit: number | null;
    readonly LogConfig: {
      readonly Type: string;
      readonly Config: Readonly<Record<string, string>>;
    };
  };
}

/** What a container should have and has not, whoever started it: the empty list for most of ours. */
export function looseEnds({ Config, HostConfig }: Container): string[] {
  const { Init, ReadonlyRootfs, Privileged, CapAdd, CapDrop, SecurityOpt } = HostConfig;
  const { Memory, NanoCpus, PidsLimit, LogConfig } = HostConfig;
  const facts = {
    init: Init === true,
    'read-only': ReadonlyRootfs,
    'without privileges': !Privileged && (CapAdd ?? []).length === 0,
    'without capabilities': CapDrop?.join() === 'ALL',
    'no-new-privileges': (SecurityOpt ?? []).some((each) => each.startsWith('no-new-privileges')),
    'a user of its own': /^[1-9]/.test(Config.User),
    memory: Memory > 0,
    cpus: NanoCpus > 0,
    pids: (PidsLimit ?? 0) > 0,
    'logs that are rotated': LogConfig.Type === 'none' || 'max-size' in LogConfig.Config,
  };
  return Object.entries(facts).flatMap(([name, isSo]) => (isSo ? [] : [name]));
}
