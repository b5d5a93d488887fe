import { settings } from '../settings.ts';
import { quotePath } from './quote-path.ts';

/** FORCE_SCRIPT_NAME as it stands in a URL: outside of a request, the only prefix that is known. */
export function scriptPrefix(): string {
  return quotePath(settings.FORCE_SCRIPT_NAME ?? '');
}
