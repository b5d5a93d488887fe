import { importModule, ModuleNameError } from '@wsgi/wsgi/names';
import { ImproperlyConfigured, nearestName } from './errors.ts';
import { showSetting } from './secrets.ts';
import { collectEnvironmentProblems } from './settings/env.ts';
import {
  GLOBAL_SETTINGS,
  isGlobalSetting,
  type GlobalSettings,
} from './settings/global-settings.ts';

export { env, type EnvironmentReader } from './settings/env.ts';
export { CSP_NONCE, LOG_LEVELS, type LoggingOptions } from './settings/global-settings.ts';

/**
 * The settings' types. A project adds its own by declaring this interface again, as middleware.ts does
 * to say what MIDDLEWARE holds.
 */
export interface Settings extends GlobalSettings {}

/** The settings that a project's module adds; a literal's type is widened, so that another value may take its place. */
export type OwnSettings<Module> = {
  readonly [Name in Exclude<keyof Module, keyof GlobalSettings>]: Widened<Module[Name]>;
};

/** A union stays: it says on purpose what the values are. */
type Widened<T> =
  IsUnion<T> extends true
    ? T
    : T extends string
      ? string
      : T extends number
        ? number
        : T extends boolean
          ? boolean
          : T;
type IsUnion<T, Whole = T> = T extends unknown ? ([Whole] extends [T] ? false : true) : never;

type Values = Record<string, unknown>;

// Loaded values are plain properties, as fast as any; what is not there falls through to the Proxy.
const values: Values = Object.create(new Proxy({}, { get: refuseRead })) as Values;

/**
 * The settings: the global defaults with the settings module's exports on top.
 *
 * @throws {ImproperlyConfigured} on reading before `loadSettings()`, or a name that does not exist.
 */
export const settings: Readonly<Settings> = values as unknown as Settings;

/**
 * Loads the module that SETTINGS_MODULE names, once.
 *
 * @throws {ImproperlyConfigured} with every bad setting and environment variable at once.
 */
export function loadSettings(): Promise<void> {
  // A failure stays one: the module, once imported, would not read its environment a second time.
  loading ??= loadModule();
  return loading;
}

/** Sets the settings from an object instead of a module, as a test or a script does. */
export function configureSettings(exports: Readonly<Partial<Settings>>): void {
  if (source !== undefined) {
    throw new ImproperlyConfigured(`Settings are configured already, from ${source}.`);
  }
  requireSettingNames(exports);
  install(exports, [], 'configureSettings()');
  loading = Promise.resolve();
}

/** Whether the settings module (or a test) sets this one, whatever the value. */
export function isOverridden(name: string): boolean {
  return [own, ...overrides].some((layer) => Object.hasOwn(layer, name));
}

/** Where the settings came from: the module's name, undefined before they are loaded. */
export function settingsSource(): string | undefined {
  return source;
}

/**
 * For tests: changes settings until the function that it returns is called, as in
 * `onTestFinished(overrideSettings({ DEBUG: true }))`. Of several overrides the last one counts, in
 * whichever order they end; one that is made before the settings are loaded lies on top of them.
 * Middleware that reads a setting when the application is made keeps what it read.
 *
 * @throws {ImproperlyConfigured} for a value of the wrong type, or a name that is not upper-case.
 */
export function overrideSettings(changes: Readonly<Partial<Settings>>): () => void {
  requireSettingNames(changes);
  refuseProblems(typeProblems(changes), 'overrideSettings()');
  const override: Values = { ...changes };
  changeOverrides([...overrides, override], override);
  return () =>
    changeOverrides(
      overrides.filter((other) => other !== override),
      override,
    );
}

/** Is told of each setting that an override changes or restores; `value` is undefined where there is none. */
export type SettingListener = (name: string, value: unknown) => void;

/** For what keeps something made of a setting; gives a function that ends the listening. */
export function onSettingChange(listener: SettingListener): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

/**
 * Imports the module that a setting names. Errors inside the module come through.
 *
 * @throws {ImproperlyConfigured} where the setting is empty or there is no such module.
 */
export async function importSetting(
  setting: string,
  name: string,
  example: string,
): Promise<Record<string, unknown>> {
  if (!name) {
    throw new ImproperlyConfigured(
      `${setting} is not set: expected a module's name, such as ${example}.`,
    );
  }
  try {
    return await importModule(name);
  } catch (error) {
    if (!(error instanceof ModuleNameError)) throw error;
    throw new ImproperlyConfigured(`${setting} is '${name}'. ${error.message}`, { cause: error });
  }
}

let loading: Promise<void> | undefined;
let source: string | undefined;
let own: Values = {};
let overrides: readonly Values[] = [];
const listeners = new Set<SettingListener>();

async function loadModule(): Promise<void> {
  const name = process.env['SETTINGS_MODULE'] ?? '';
  let exports: Values = {};
  const problems = await collectEnvironmentProblems(async () => {
    exports = await importSetting(
      'The environment variable SETTINGS_MODULE',
      name,
      'myproject.settings',
    );
  });
  install(exports, problems, name);
}

function install(exports: Values, problems: readonly string[], from: string): void {
  const found = Object.fromEntries(Object.entries(exports).filter(([name]) => isSettingName(name)));
  refuseProblems([...problems, ...typeProblems(found)], from);
  own = found;
  source = from;
  showLayers();
}

function changeOverrides(next: readonly Values[], changed: Values): void {
  overrides = next;
  showLayers();
  for (const name of Object.keys(changed)) {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    for (const listener of listeners) listener(name, value);
  }
}

/** Makes the values what the layers say: defaults, the project's own, overrides in their order. */
function showLayers(): void {
  const defaults = source === undefined ? {} : DEFAULTS;
  const shown: Values = Object.assign({}, defaults, own, ...overrides);
  // An empty key is an error where it is read, not where it is loaded: most commands never read it.
  if (shown['SECRET_KEY'] === '') delete shown['SECRET_KEY'];
  for (const name of Object.keys(values)) if (!Object.hasOwn(shown, name)) delete values[name];
  Object.assign(values, shown);
}

const DEFAULTS: Values = Object.fromEntries(
  Object.entries(GLOBAL_SETTINGS).map(([name, declaration]) => [name, declaration.default]),
);

function typeProblems(changes: Values): string[] {
  return Object.entries(changes).flatMap(([name, value]) => {
    if (!isGlobalSetting(name)) return [];
    const { type } = GLOBAL_SETTINGS[name];
    if (type.accepts(value)) return [];
    return `${name} is ${showSetting(name, value)}: expected ${type.expected}.`;
  });
}

function refuseProblems(problems: readonly string[], from: string): void {
  if (problems.length === 0) return;
  throw new ImproperlyConfigured([`The settings of ${from} are wrong:`, ...problems].join('\n  '));
}

function requireSettingNames(changes: Values): void {
  for (const name of Object.keys(changes)) {
    if (!isSettingName(name)) {
      throw new ImproperlyConfigured(`Setting '${name}' must be upper-case.`);
    }
  }
}

function isSettingName(name: string): boolean {
  return /^[A-Z][A-Z0-9_]*$/.test(name);
}

function refuseRead(_: object, name: string | symbol): undefined {
  if (typeof name === 'symbol' || !isSettingName(name)) return undefined;
  if (source === undefined) {
    throw new ImproperlyConfigured(
      `Setting ${name} was read before the settings were loaded: await getWsgiApplication() or loadSettings() first, and read settings inside functions.`,
    );
  }
  if (name === 'SECRET_KEY') {
    throw new ImproperlyConfigured(
      'SECRET_KEY is empty: expected a long random text that nobody else knows.',
    );
  }
  const suggestion = nearestName(name, Object.keys(values));
  throw new ImproperlyConfigured(
    `There is no setting ${name}${suggestion ? `: did you mean ${suggestion}?` : '.'}`,
  );
}
