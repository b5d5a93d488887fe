import { join } from 'node:path';
import { beforeEach, expect, expectTypeOf, test, vi } from 'vitest';
import type * as SettingsModule from '../src/settings.ts';

// Settings load once in a process: each test gets the module anew.
let framework: typeof SettingsModule;

beforeEach(async () => {
  vi.resetModules();
  vi.unstubAllEnvs();
  framework = await import('../src/settings.ts');
});

function useModule(name: string): void {
  vi.stubEnv('SETTINGS_MODULE', join(import.meta.dirname, 'settings-modules', `${name}.ts`));
}

test.for([undefined, ''])('SETTINGS_MODULE %j is refused, with what to do', async (value) => {
  vi.stubEnv('SETTINGS_MODULE', value);
  await expect(framework.loadSettings()).rejects.toThrow(
    /environment variable SETTINGS_MODULE is not set: expected .* such as myproject\.settings/,
  );
});

test('a module that is not there is refused by its name', async () => {
  vi.stubEnv('SETTINGS_MODULE', 'sample.setings');
  await expect(framework.loadSettings()).rejects.toThrow(/'sample\.setings'.*no file/);
});

test('an error inside the module comes through as it is', async () => {
  useModule('broken');
  await expect(framework.loadSettings()).rejects.toThrow(RangeError);
});

test('reading before loading says what to do', () => {
  expect(() => framework.settings.DEBUG).toThrow(
    /DEBUG was read before the settings were loaded: await getWsgiApplication\(\)/,
  );
});

test("the module's exports lie on top of the defaults", async () => {
  useModule('base');
  await framework.loadSettings();
  expect(framework.settings.ALLOWED_HOSTS).toEqual(['base.example']);
  expect(framework.settings.APPEND_SLASH).toBe(true);
  expect(framework.settings).toHaveProperty('MY_SETTING_2', 'mine');
});

test('a second module customises the first by exporting it', async () => {
  useModule('layered');
  await framework.loadSettings();
  expect(framework.settings.ALLOWED_HOSTS).toEqual(['layered.example']);
  expect(framework.settings).toHaveProperty('MY_SETTING_2', 'mine');
});

test('only upper-case exports are settings', async () => {
  useModule('base');
  await framework.loadSettings();
  expect(framework.settings).not.toHaveProperty('lowerCase');
});

test('an unknown setting is an error that names the nearest', async () => {
  useModule('base');
  await framework.loadSettings();
  const read = (name: string) => () => Reflect.get(framework.settings, name);
  expect(read('ALOWED_HOSTS')).toThrow(
    'There is no setting ALOWED_HOSTS: did you mean ALLOWED_HOSTS?',
  );
  expect(read('SOMETHING_ELSE_ENTIRELY')).toThrow(
    /^There is no setting SOMETHING_ELSE_ENTIRELY\.$/,
  );
});

test('all bad settings and variables are reported at once', async () => {
  useModule('bad');
  vi.stubEnv('BAD_SETTINGS_WORKERS', 'many');
  const message = await framework.loadSettings().catch(String);
  expect(message).toContain("ALLOWED_HOSTS is 'example.com': expected a list of host names");
  expect(message).toContain("DEBUG is 'yes': expected true or false.");
  expect(message).toContain("BAD_SETTINGS_WORKERS is 'many': expected an integer.");
});

test('a load that failed stays failed', async () => {
  useModule('bad');
  await expect(framework.loadSettings()).rejects.toThrow('BAD_SETTINGS_WORKERS');
  vi.stubEnv('BAD_SETTINGS_WORKERS', '7');
  await expect(framework.loadSettings()).rejects.toThrow('BAD_SETTINGS_WORKERS');
  expect(() => framework.settings.DEBUG).toThrow('before the settings were loaded');
});

test('isOverridden tells what the module or a test sets, whatever the value', async () => {
  useModule('base');
  await framework.loadSettings();
  const names = ['ALLOWED_HOSTS', 'MY_SETTING_2', 'DEBUG', 'lowerCase', 'toString'];
  expect(names.filter(framework.isOverridden)).toEqual(['ALLOWED_HOSTS', 'MY_SETTING_2']);
  const restore = framework.overrideSettings({ DEBUG: framework.settings.DEBUG });
  expect(framework.isOverridden('DEBUG')).toBe(true);
  restore();
  expect(framework.isOverridden('DEBUG')).toBe(false);
});

test('configuring twice is an error', () => {
  framework.configureSettings({ DEBUG: true });
  expect(() => framework.configureSettings({})).toThrow('configured already');
});

test('what was configured is not loaded from a module', async () => {
  framework.configureSettings({ ALLOWED_HOSTS: ['a'] });
  useModule('base');
  await framework.loadSettings();
  expect(framework.settings.ALLOWED_HOSTS).toEqual(['a']);
});

test.for(['debug', 'myDEBUG', 'DEBUGged'])('configuring a name like %s is an error', (name) => {
  expect(() => framework.configureSettings({ [name]: true })).toThrow(`'${name}'`);
});

test('what reads no setting, as inspecting does, is told nothing', () => {
  expect(Reflect.get(framework.settings, Symbol.toStringTag)).toBeUndefined();
  expect(Reflect.get(framework.settings, 'then')).toBeUndefined();
});

test('an override lasts until it is restored', () => {
  framework.configureSettings({ ALLOWED_HOSTS: ['a'] });
  const restore = framework.overrideSettings({ ALLOWED_HOSTS: ['b'], DEBUG: true });
  expect(framework.settings.ALLOWED_HOSTS).toEqual(['b']);
  restore();
  expect(framework.settings.ALLOWED_HOSTS).toEqual(['a']);
  expect(framework.settings.DEBUG).toBe(false);
});

test('overrides end in any order, and the last one that holds counts', () => {
  framework.configureSettings({ ALLOWED_HOSTS: ['a'] });
  const restoreFirst = framework.overrideSettings({ ALLOWED_HOSTS: ['b'], DEBUG: true });
  const restoreSecond = framework.overrideSettings({ ALLOWED_HOSTS: ['c'] });
  restoreFirst();
  restoreFirst();
  expect(framework.settings.ALLOWED_HOSTS).toEqual(['c']);
  expect(framework.settings.DEBUG).toBe(false);
  restoreSecond();
  expect(framework.settings.ALLOWED_HOSTS).toEqual(['a']);
});

test('an override before the settings are loaded lies on top of them', async () => {
  useModule('base');
  const restore = framework.overrideSettings({ ALLOWED_HOSTS: ['early'], DEBUG: true });
  expect(() => framework.settings.APPEND_SLASH).toThrow('before the settings were loaded');
  await framework.loadSettings();
  expect(framework.settings.ALLOWED_HOSTS).toEqual(['early']);
  expect(framework.settings.DEBUG).toBe(true);
  restore();
  expect(framework.settings.ALLOWED_HOSTS).toEqual(['base.example']);
  expect(framework.settings.DEBUG).toBe(false);
});

test('an override of a lower-case name is an error', () => {
  framework.configureSettings({});
  expect(() => framework.overrideSettings({ debug: true } as object)).toThrow("'debug'");
});

test('an override of the wrong type is refused', () => {
  framework.configureSettings({});
  const bad = { ALLOWED_HOSTS: 'example.com' } as object;
  expect(() => framework.overrideSettings(bad)).toThrow('expected a list of host names');
});

test('listeners are told of each change and of its restoring, until they leave', () => {
  framework.configureSettings({ ALLOWED_HOSTS: ['a'] });
  const told: [string, unknown][] = [];
  const leave = framework.onSettingChange((name, value) => told.push([name, value]));
  const changes = { ALLOWED_HOSTS: ['b'], MY_OWN: 1 };
  framework.overrideSettings(changes)();
  leave();
  framework.overrideSettings(changes)();
  expect(told).toEqual([
    ['ALLOWED_HOSTS', ['b']],
    ['MY_OWN', 1],
    ['ALLOWED_HOSTS', ['a']],
    ['MY_OWN', undefined],
  ]);
});

test('a setting that an override added is gone once it is restored', () => {
  framework.configureSettings({});
  framework.overrideSettings({ MY_OWN: 1 } as object)();
  expect(() => Reflect.get(framework.settings, 'MY_OWN')).toThrow('There is no setting MY_OWN');
});

test('the value of a secret setting is not told where its type is wrong', () => {
  const secret = { SECURE_PROXY_SSL_HEADER: 'https', MY_KEY: 'hush' } as object;
  expect(() => framework.configureSettings(secret)).toThrow(/^(?!.*hush)/s);
});

test('the type of an own setting allows for other values than the one it has', () => {
  interface Module {
    readonly PAGE_SIZE: 20;
    readonly FEATURE: false;
    readonly MODE: 'prod';
    readonly LEVEL: 'low' | 'high';
    readonly COLOURS: readonly string[];
    readonly LIMITS: { readonly items: number } | null;
    readonly DEBUG: true;
  }
  expectTypeOf<SettingsModule.OwnSettings<Module>>().toEqualTypeOf<{
    readonly PAGE_SIZE: number;
    readonly FEATURE: boolean;
    readonly MODE: string;
    readonly LEVEL: 'low' | 'high';
    readonly COLOURS: readonly string[];
    readonly LIMITS: { readonly items: number } | null;
  }>();
});
