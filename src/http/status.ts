import { STATUS_CODES } from 'node:http';

/** RFC 9110 §15: `"404 Not Found"`, in the registry's words. */
export function statusLine(code: number): string {
  return `${code} ${STATUS_CODES[code] ?? 'Unknown'}`;
}

/** RFC 9110 §6.4.1 and §15: responses that never have a body, whatever their headers say. */
export function forbidsBody(code: number): boolean {
  return code < 200 || code === 204 || code === 304;
}
