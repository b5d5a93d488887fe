import type { OwnSettings } from '@wsgi/framework/settings';
import type * as project from './settings.ts';

/** Tells the compiler of each setting that settings.ts exports beside the framework's: `settings.BASE_DIR`. */
declare module '@wsgi/framework/settings' {
  interface Settings extends OwnSettings<typeof project> {}
}
