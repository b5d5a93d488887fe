import { fromEnvironment, settingEntries } from './catalogue.ts';
import type { Setting } from './values.ts';

/** The text of `--help`, made of the settings catalogue. */
export function helpText(environment: NodeJS.ProcessEnv): string {
  const sections = Map.groupBy(settingEntries(), ([, setting]) => setting.section);
  return [
    'Usage: gateway [OPTIONS] MODULE[:ATTRIBUTE]',
    '       gateway stats [--socket PATH] [--json]',
    '       gateway events [--socket PATH]',
    '       gateway top [--socket PATH]',
    '       gateway profile WORKER [--seconds N] [--socket PATH] > FILE.cpuprofile',
    '       gateway heap WORKER [--socket PATH] > FILE.heapsnapshot',
    '',
    'Serves a WSGI application. MODULE is a dotted name below src, or dist once built, as',
    "myproject.wsgi, or a file's path; ATTRIBUTE is 'application' unless given.",
    'stats prints the metrics of a running gateway, top shows them live in a terminal; events prints',
    'the warnings and errors of its log since it was started; profile and heap print what a worker',
    "does and what it holds, for the DevTools of Chromium. PATH is the gateway's control socket,",
    'needed where several run here.',
    '',
    ...option(
      '-c, --config FILE',
      "Settings file. Unless given, gateway.config beside MODULE's file.",
    ),
    ...option('--check-config', 'Check the settings and load the application, then exit.'),
    ...option('--print-config', 'Print every setting and where it comes from, then exit.'),
    ...option('-h, --help', 'Print this text.'),
    ...option('-v, --version', 'Print the version.'),
    ...[...sections].flatMap(([section, entries]) => [
      '',
      `${section}:`,
      ...entries.flatMap(([, setting]) => settingHelp(setting, environment)),
    ]),
    '',
    'Options may also stand in GATEWAY_CMD_ARGS, and each setting in a variable of its own, such',
    'as GATEWAY_MAX_REQUESTS. The command line wins over the first, that over the second, and',
    'both win over the settings file.',
    '',
  ].join('\n');
}

function settingHelp(setting: Setting<unknown>, environment: NodeJS.ProcessEnv): string[] {
  const { short, long, value } = setting.flags;
  const flags = `${short === undefined ? '' : `-${short}, `}--${long} ${value ?? ''}`.trimEnd();
  const standard = fromEnvironment(setting, environment) ?? setting.default();
  const shown = standard === '' || typeof standard === 'boolean' ? '' : ` [${standard}]`;
  return option(flags, setting.description + shown);
}

/** The description in lines of up to 82 characters, broken at spaces. */
function option(flags: string, description: string): string[] {
  const lines = description.match(/\S.{0,81}(?= |$)/g) ?? [];
  return [`  ${flags}`, ...lines.map((line) => `      ${line}`)];
}
