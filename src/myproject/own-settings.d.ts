import type { OwnSettings } from '../framework/settings.ts';
import type * as project from './settings.ts';

/** Tells the compiler of each setting that settings.ts exports beside the framework's: `settings.BASE_DIR`. */
declare module '../framework/settings.ts' {
  interface Settings extends OwnSettings<typeof project> {}
}
