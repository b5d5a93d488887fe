import { expect, test } from 'vitest';
import { UsageError } from '../../src/errors.ts';
import { settingEntries } from '../../src/settings/catalogue.ts';
import { ABSENT, readCommandLine } from '../../src/settings/command-line.ts';

test.for<[text: string, name: string | undefined]>([
  [`-n one`, 'one'],
  [`  -n\tone\n`, 'one'],
  [`-n 'my app'`, 'my app'],
  [`-n "my app"`, 'my app'],
  [`-n my\\ app`, 'my app'],
  [`-n my' 'app`, 'my app'],
  [`-n 'my'" "'app'`, 'my app'],
  [`-n 'a"b\\c'`, 'a"b\\c'],
  [`-n "a'b\\"c\\\\d\\e"`, `a'b"c\\d\\e`],
  [`-n ''`, ''],
  [`--name='%(h)s %(s)s'`, '%(h)s %(s)s'],
])('GATEWAY_CMD_ARGS is split as a shell does: %s', ([text, name]) => {
  const { inheritedValues } = readCommandLine([], { GATEWAY_CMD_ARGS: text });
  expect(inheritedValues['procName']).toBe(name);
});

test.for<[text: string, message: string]>([
  [`-n 'my app`, `GATEWAY_CMD_ARGS: the ' in it has no end`],
  [`-n "my app\\"`, `GATEWAY_CMD_ARGS: the " in it has no end`],
  [`-n my\\`, `GATEWAY_CMD_ARGS: the \\ in it has no end`],
  ['--wrokers 2', `GATEWAY_CMD_ARGS: Unknown option '--wrokers'`],
])('what is wrong in GATEWAY_CMD_ARGS is refused by its name: %s', ([text, message]) => {
  const read = () => readCommandLine([], { GATEWAY_CMD_ARGS: text });
  expect(read).toThrow(UsageError);
  expect(read).toThrow(message);
});

test('the application on the command line wins over that in GATEWAY_CMD_ARGS', () => {
  const environment = { GATEWAY_CMD_ARGS: 'one.wsgi' };
  expect(readCommandLine([], environment).applicationName).toBe('one.wsgi');
  expect(readCommandLine(['two.wsgi'], environment).applicationName).toBe('two.wsgi');
});

test.for<[words: string[], message: string]>([
  [['--wrokers', '2'], "Unknown option '--wrokers'. Did you mean '--workers'?"],
  [['--no-such-thing-at-all'], "Unknown option '--no-such-thing-at-all'."],
  [['-x'], "Unknown option '-x'."],
  [['one.wsgi', 'two.wsgi'], "one application at a time: what is 'two.wsgi'?"],
  [['--threads', '4'], "There is no '--threads': a worker serves many requests at once;"],
  [['-k', 'gevent'], "There is no '-k': a worker serves many requests at once;"],
  [['-D'], "There is no '-D': a container or a service manager keeps it running."],
  [['-u', 'nobody'], "There is no '-u': the container or the service manager starts it"],
  [['--error-logfile', '-'], "There is no '--error-logfile': the gateway's own log is standard"],
  [['--access-logformat', '%(h)s'], "There is no '--access-logformat': each request is one line"],
  [['--statsd-host=h:1'], "There is no '--statsd-host': --metrics-bind serves"],
  [['--proxy-protocol', 'v1'], "There is no '--proxy-protocol': nginx speaks it"],
])('%j is explained', ([words, message]) => {
  const read = () => readCommandLine(words, {});
  expect(read).toThrow(UsageError);
  expect(read).toThrow(message);
});

test('no option is said to be absent that is there', () => {
  const flags = settingEntries().map(([, setting]) => `--${setting.flags.long}`);
  const absent = ABSENT.flatMap(([options]) => options);
  expect(absent.filter((option) => flags.includes(option))).toEqual([]);
  const told = ABSENT.flatMap(([, instead]) => instead.match(/--[a-z-]+/g) ?? []);
  expect(flags).toEqual(expect.arrayContaining(told));
});
