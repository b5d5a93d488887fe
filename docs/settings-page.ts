import { inspect } from 'node:util';
import type { EnvironmentReader } from '../packages/framework/src/settings/env.ts';
import { GLOBAL_SETTINGS } from '../packages/framework/src/settings/global-settings.ts';

type SettingName = keyof typeof GLOBAL_SETTINGS;

/** The text of settings.md: every setting of the framework, a project's own, and the environment reader. */
export function settingsPage(): string {
  const names = Object.keys(GLOBAL_SETTINGS) as SettingName[];
  const groups = Map.groupBy(names, groupOf);
  return [
    INTRODUCTION,
    ...GROUPS.map(([title]) => group(title, groups.get(title) ?? [])),
    OWN_SETTINGS,
    ENVIRONMENT,
    environmentTable(),
  ].join('\n\n');
}

/** What each reader of the environment takes: a variable's text, and the value that it gives. */
export const ENVIRONMENT_EXAMPLES: {
  readonly [Kind in keyof EnvironmentReader]: readonly [call: string, text: string, value: unknown];
} = {
  string: ["env.string('NAME')", 'text', 'text'],
  integer: ["env.integer('NAME')", '20', 20],
  boolean: ["env.boolean('NAME')", 'yes', true],
  list: ["env.list('NAME')", 'a, b', ['a', 'b']],
  choice: ["env.choice('NAME', ['low', 'high'])", 'high', 'high'],
  durationSeconds: ["env.durationSeconds('NAME')", '5m', 300],
  bytes: ["env.bytes('NAME')", '64k', 65_536],
  url: ["env.url('NAME').host", 'https://example.com/a', 'example.com'],
  secret: ["env.secret('NAME')", 'x7…', 'x7…'],
};

/** By their names, the first pattern that fits; the last takes what is left. */
const GROUPS: readonly (readonly [title: string, names: RegExp])[] = [
  ['Hosts and proxies', /^(?:ALLOWED_HOSTS|USE_X_|SECURE_PROXY_|FORCE_SCRIPT)/],
  ['Security', /^(?:SECRET_|SECURE_|CSRF_|X_FRAME_)/],
  ['Requests and uploads', /^(?:DATA_UPLOAD_|FILE_UPLOAD_)/],
  ['Files and responses', /^(?:STATIC|X_ACCEL_)/],
  ['The project', /^/],
];

function groupOf(name: SettingName): string {
  return GROUPS.find(([, names]) => names.test(name))?.[0] ?? '';
}

function group(title: string, names: readonly SettingName[]): string {
  return [`## ${title}`, ...names.toSorted().map(setting)].join('\n\n');
}

function setting(name: SettingName): string {
  const { type, default: value, description } = GLOBAL_SETTINGS[name];
  const shown = inspect(value, { breakLength: 88, depth: 4 });
  const isLong = shown.includes('\n');
  const facts = `Type: ${type.expected}. Default: ${isLong ? 'as below' : `\`${shown}\``}.`;
  return [
    `### \`${name}\``,
    escape(description),
    isLong ? `${escape(facts)}\n\n\`\`\`ts\n${shown}\n\`\`\`` : escape(facts),
  ].join('\n\n');
}

function environmentTable(): string {
  const rows = Object.values(ENVIRONMENT_EXAMPLES).map(
    ([call, text, value]) => `| \`${call}\` | \`${text}\` | \`${inspect(value)}\` |`,
  );
  return ['| reader | a variable with | gives |', '|---|---|---|', ...rows].join('\n');
}

/** A star outside of code would begin an emphasis. */
function escape(text: string): string {
  return text.replaceAll(/(`[^`]*`)|\*/g, (match, code?: string) => code ?? `\\${match}`);
}

const INTRODUCTION = `<!-- Written by \`npm run docs\` from packages/framework/src/settings/global-settings.ts: change it there. -->

# Settings

Settings are the upper-case exports of the module that \`SETTINGS_MODULE\` names, by default
\`myproject.settings\`. What it does not export has the default below. Values of a wrong type stop the
start, all of them told at once.

A second module changes the first: it exports all of it, and its own exports win.

\`\`\`ts
// src/myproject/settings-staging.ts, with SETTINGS_MODULE=myproject.settings-staging
import type { Settings } from '@wsgi/framework/settings';

export * from './settings.ts';

export const ALLOWED_HOSTS: Settings['ALLOWED_HOSTS'] = ['staging.example.com'];
\`\`\`

Read them as \`settings.NAME\`, inside of functions: they load when the application starts.
\`npm run manage diffsettings\` shows what yours change, secrets masked, and \`npm run manage check\`
looks for mistakes in them. Tests change them with \`overrideSettings\`, which gives a function that
restores them; \`onSettingChange\` is told of both.`;

const OWN_SETTINGS = `## Your own settings

Export an upper-case name from your settings module. From then on \`settings.PAGE_SIZE\` is there, the
compiler knows its type (\`own-settings.d.ts\` beside the module says so), and a name that does not
exist is an error that tells the nearest one.

\`\`\`ts
// src/myproject/settings.ts
export const PAGE_SIZE = env.integer('PAGE_SIZE', 20);

// src/myproject/views.ts
const items = await loadItems({ limit: settings.PAGE_SIZE });
\`\`\``;

const ENVIRONMENT = `## Values from the environment

\`env\` of \`@wsgi/framework/settings\` reads variables with types. The second argument is what holds where
the variable is unset or empty (the third of \`choice\`); without it the variable is required. Every bad
variable is told at the start, with its name, its value and what is expected; a secret's value never is.
\`env.secret\` also takes the name of a file from \`NAME_FILE\`, as containers are given secrets.`;
