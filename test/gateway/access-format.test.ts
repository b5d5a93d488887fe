import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { formatAccess, type LoggedRequest } from '../../src/gateway/log/access-format.ts';
import { CATALOGUE } from '../../src/gateway/settings/catalogue.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { GatewayProcess } from './gateway-process.ts';
import { get } from './get.ts';
import { exchange } from './raw-client.ts';

test('the access log may have the format of Gunicorn, and what a client sends cannot break it', async () => {
  const log = join(temporaryFolder(), 'access.log');
  const format =
    '%(h)s %(l)s %(u)s %(t)s "%(r)s" %(m)s %(U)s %(q)s %(s)s %(b)s %(B)s "%(f)s" "%(a)s" %(T)s %(L)s %(p)s %({X-Planted}i)s %({content-type}o)s %({SERVER_PROTOCOL}e)s %({nothing}i)s';
  const gateway = await GatewayProcess.startOne(
    'behaviours.ts',
    '--access-logfile',
    log,
    '--access-logformat',
    format,
  );
  const { text: pid } = await get(gateway, '/pid?a=b', {
    Authorization: `Basic ${Buffer.from('ann:secret').toString('base64')}`,
    'User-Agent': '" 200 forged "',
    Referer: 'http://a.example/',
    'X-Planted': 'seen',
  });
  const line =
    /^127\.0\.0\.1 - ann \[\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d \+0000\] "GET \/pid\?a=b HTTP\/1\.1" GET \/pid a=b 200 (\d+) \1 "http:\/\/a\.example\/" "\\" 200 forged \\"" 0 0\.\d{6} <(\d+)> seen text\/plain HTTP\/1\.1 -\n$/;
  await expect.poll(() => readFileSync(log, 'utf8')).toMatch(line);
  expect(line.exec(readFileSync(log, 'utf8'))?.[2]).toBe(pid);
});

test('a refused request is told in the same format', async () => {
  const log = join(temporaryFolder(), 'access.log');
  const format = '%(h)s "%(r)s" %(U)s %(s)s %(b)s %(M)s';
  const gateway = await GatewayProcess.startOne(
    'behaviours.ts',
    ...['--access-logfile', log, '--access-logformat', format],
  );
  await exchange(gateway.port, 'GET /no-host?a HTTP/1.1\r\n\r\n');
  await exchange(gateway.port, 'nonsense\r\n\r\n');
  await expect
    .poll(() => readFileSync(log, 'utf8'))
    .toBe('127.0.0.1 "GET /no-host?a HTTP/1.1" /no-host 400 - 0\n127.0.0.1 "-" - 400 - 0\n');
});

test.for(['%(z)s', '%({Accept}h)s', '%({Foo})s', '%(zz)s', '%(D)06d', '%(h)', '%h', '%'])(
  '%j is no atom, and the format is refused',
  (atom) => {
    expect(() => CATALOGUE.accessLogFormat.parse(`%(h)s ${atom}`)).toThrow(`: ${atom} is none`);
  },
);

test('a percent sign is written twice', () => {
  const format = '100 %% %(s)s %%(h)s';
  expect(CATALOGUE.accessLogFormat.parse(format)).toBe(format);
  const peer = { remoteAddress: '192.0.2.7' };
  const request = { peer, status: 200 } as unknown as LoggedRequest;
  expect(formatAccess(format, request)).toBe('100 % 200 %(h)s');
});

test.for([
  ['T', '12'],
  ['M', '12346'],
  ['D', '12345678'],
  ['L', '12.345678'],
] as const)('what took 12.345678 s is %%(%s)s: %s', ([letter, text]) => {
  const request = { durationMs: 12_345.678 } as LoggedRequest;
  expect(formatAccess(`%(${letter})s`, request)).toBe(text);
});

test.for([
  ['/a"b\\c', '/a\\"b\\\\c'],
  ['/\x07\n\x85\u2028', '/\\x07\\x0a\\x85\\x2028'],
  ['/caf\xe9', '/caf\xe9'],
])('%j is logged as %j', ([path, logged]) => {
  const request = { exchange: { environ: { PATH_INFO: path } } } as LoggedRequest;
  expect(formatAccess('%({PATH_INFO}e)s', request)).toBe(logged);
});

test('a variable of environ is found by its name as it is written', async () => {
  const log = join(temporaryFolder(), 'access.log');
  const gateway = await GatewayProcess.startOne(
    'behaviours.ts',
    '--access-logfile',
    log,
    '--access-logformat',
    '%({gateway.request_id}e)s %({request_method}e)s',
  );
  await get(gateway, '/pid', { 'X-Request-ID': 'given' });
  await expect.poll(() => readFileSync(log, 'utf8')).toBe('given GET\n');
});
