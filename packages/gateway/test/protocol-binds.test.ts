import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../wsgi/test/temporary-folder.ts';
import { APPLICATIONS, GatewayProcess } from './gateway-process.ts';
import { proxyRequest, VARIABLES, type ProxyProtocol } from './protocols/proxy-requests.ts';

async function ask(path: string, protocol: ProxyProtocol): Promise<string> {
  const socket = connect({ path });
  await once(socket, 'connect');
  socket.write(proxyRequest(protocol, VARIABLES));
  return Buffer.concat(await socket.toArray()).toString('latin1');
}

test('each bind has its protocol, on unix sockets too, and after a reload', async () => {
  const folder = temporaryFolder();
  const [own, other] = [join(folder, 'own.sock'), join(folder, 'other.sock')];
  const gateway = new GatewayProcess([
    ...['--bind', `scgi://unix:${own}`, '--bind', `unix:${other}`, '--protocol', 'uwsgi'],
    ...['--workers', '1', '--forwarded-allow-ips', '', join(APPLICATIONS, 'five-lines.ts')],
  ]);
  await gateway.line(/worker 1 is ready/);
  const answers = async (): Promise<string[]> => [
    await ask(own, 'scgi'),
    await ask(other, 'uwsgi'),
  ];
  const expected = [
    expect.stringMatching(/^Status: 200 OK/),
    expect.stringMatching(/^HTTP\/1.1 200 OK/),
  ];
  expect(await answers()).toEqual(expected);
  expect((await gateway.line(/serving/)).msg).toContain(
    `scgi://unix:${own}, uwsgi://unix:${other}`,
  );
  gateway.signal('SIGHUP');
  await gateway.line(/worker 2 is ready/);
  expect(await answers()).toEqual(expected);
});
