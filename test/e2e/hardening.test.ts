import { expect, test } from 'vitest';
import { looseEnds, type Container } from './hardened.ts';
import { LIST_PROCESSES, parseProcesses } from './process-table.ts';
import { useStack } from './stack.ts';

const stack = useStack();
const SERVICES = [
  ['app', '1000'],
  ['nginx', '101'],
] as const;
/** Those that end by themselves included. */
const ALL = [...SERVICES, ['static', '1000']] as const;
const LOG = { 'max-size': '100m', 'max-file': '20', compress: 'true' };
const DEFAULT_ROUTE = '00000000';

test.for(ALL)('no process of %s has a capability or can get one', async ([service, uid]) => {
  const processes = parseProcesses(await shell(service, LIST_PROCESSES));
  expect(processes.length).toBeGreaterThan(1);
  for (const status of processes) {
    expect(Object.fromEntries(status)).toMatchObject({
      CapEff: '0000000000000000',
      CapPrm: '0000000000000000',
      CapBnd: '0000000000000000',
      NoNewPrivs: '1',
      Seccomp: '2',
      Uid: [uid, uid, uid, uid].join('\t'),
    });
  }
});

test.for(ALL)('the file system of %s is read-only, but for /tmp', async ([service]) => {
  // Anyone may write to /var/tmp, so that here the file system itself refuses.
  const attempt = 'for dir in / /app /etc /usr /srv /var/tmp; do touch $dir/x && echo $dir; done';
  expect(await shell(service, `(${attempt}) 2>/dev/null || true`)).toBe('');
  expect(await shell(service, 'touch /tmp/x && echo ok; rm /tmp/x')).toBe('ok\n');
});

test.for(ALL)('nothing in /tmp of %s can be run', async ([service]) => {
  const attempt = 'cp /bin/true /tmp/x && /tmp/x && echo ran; rm -f /tmp/x';
  expect(await shell(service, `(${attempt}) 2>/dev/null || true`)).toBe('');
});

test.for(ALL)('%s has limits, an init, and logs that are rotated', async ([service]) => {
  const container = await stack.inspect<Container>(service);
  expect(looseEnds(container)).toEqual([]);
  const Name = service === 'static' ? 'no' : 'unless-stopped';
  const LogConfig = { Type: 'json-file', Config: LOG };
  expect(container.HostConfig).toMatchObject({ RestartPolicy: { Name }, LogConfig });
});

test.for(SERVICES)(
  'of 50 processes that %s is left with none stays a zombie',
  async ([service]) => {
    const orphans = await stack.shell(
      service,
      `for n in $(seq 50); do (sleep 5 &); done; sleep 1; ${LIST_PROCESSES}`,
    );
    expect(countSleeping(orphans)).toBe(50);
    const left = async () => countSleeping(await stack.shell(service, LIST_PROCESSES));
    await expect.poll(left, { timeout: 10_000 }).toBe(0);
  },
);

test('nginx alone publishes a port', async () => {
  expect(await publishedPorts('app')).toEqual([]);
  expect(await publishedPorts('nginx')).toEqual(['8080/tcp']);
});

test('the application is not reached from the edge network, by name or by address', async () => {
  expect(await connectFrom('internal', 'app', 8000)).toBe('connected');
  expect(await connectFrom('edge', 'nginx', 8080)).toBe('connected');
  expect(await connectFrom('edge', 'app', 8000)).toBe('ENOTFOUND');
  expect(await connectFrom('edge', await stack.addressOf('app'), 8000)).not.toBe('connected');
});

test('the application has no way out', async () => {
  const routes = (await stack.shell('app', 'cat /proc/net/route')).trim().split('\n').slice(1);
  expect(routes.length).toBeGreaterThan(0);
  expect(routes.map((route) => route.split('\t')[1])).not.toContain(DEFAULT_ROUTE);
});

test.for(SERVICES)('the image of %s holds no secret and no source of one', async ([service]) => {
  const { Image, Config } = await stack.inspect<{ Image: string; Config: { Env: string[] } }>(
    service,
  );
  const history = await stack.docker('history', '--no-trunc', '--format', '{{.CreatedBy}}', Image);
  expect(`${history}\n${Config.Env.join('\n')}`).not.toMatch(/(SECRET|PASSWORD|TOKEN)\w*=\S/i);
  const leftovers = "find / -xdev \\( -name '.env*' -o -name .git -o -name .npmrc \\) 2>/dev/null";
  expect(await stack.shell(service, `${leftovers} || true`)).toBe('');
});

test('the files of the application belong to root', async () => {
  expect(await stack.shell('app', 'find /app ! -user root')).toBe('');
});

/** Dead ones that nobody reaped included. */
function countSleeping(list: string): number {
  return parseProcesses(list).filter((status) => status.get('Name') === 'sleep').length;
}

/** In the service's container, or in a new one where that is gone. */
function shell(service: (typeof ALL)[number][0], script: string): Promise<string> {
  if (service !== 'static') return stack.shell(service, script);
  const words = ['run', '--rm', '--no-TTY', '--quiet', service, 'sh', '-c', script];
  return stack.compose('--progress', 'quiet', ...words);
}

interface HostConfig {
  readonly PortBindings: Readonly<Record<string, unknown>> | null;
}

async function publishedPorts(service: 'app' | 'nginx'): Promise<string[]> {
  const { HostConfig } = await stack.inspect<{ HostConfig: HostConfig }>(service);
  return Object.keys(HostConfig.PortBindings ?? {});
}

/** `connected`, or the code of the error, of a TCP connection made on one of the networks. */
async function connectFrom(network: string, host: string, port: number): Promise<string> {
  const script = `
    const socket = require('node:net').connect(${port}, '${host}');
    const end = (word) => { console.log(word); process.exit(); };
    socket.setTimeout(3000, () => end('timed out'));
    socket.on('connect', () => end('connected')).on('error', ({ code }) => end(code));`;
  const { Image } = await stack.inspect<{ Image: string }>('app');
  const on = ['--rm', '--network', `${stack.project}_${network}`];
  return (await stack.docker('run', ...on, Image, 'node', '-e', script)).trim();
}
