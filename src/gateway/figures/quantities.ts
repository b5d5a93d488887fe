/** Quantities in a few characters, for a person. */

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MEBIBYTE = 1024 * 1024;

/** `42 s`, `7 min`, `3 h`, `12 d`. */
export function formatSeconds(seconds: number): string {
  if (seconds < MINUTE) return `${Math.floor(seconds)} s`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min`;
  if (seconds < DAY) return `${Math.floor(seconds / HOUR)} h`;
  return `${Math.floor(seconds / DAY)} d`;
}

/** `0.4 ms`, `35 ms`, `2.5 s`; `-` where there is none. */
export function formatMs(ms: number | undefined): string {
  if (ms === undefined) return '-';
  return ms < 999.5 ? `${short(ms)} ms` : `${short(ms / 1000)} s`;
}

/** `128 MiB`, `1.2 GiB`; `-` where it is not known yet. */
export function formatBytes(bytes: number): string {
  if (bytes === 0) return '-';
  const mebibytes = bytes / MEBIBYTE;
  return mebibytes < 1000 ? `${Math.round(mebibytes)} MiB` : `${short(mebibytes / 1024)} GiB`;
}

/** `0.4`, `35`, `12500`. */
export function formatRate(perSecond: number): string {
  return perSecond === 0 ? '0' : short(perSecond);
}

/** `1,234,567`. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** `12 %`. */
export function formatShare(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function short(number: number): string {
  return number < 9.95 ? number.toFixed(1) : String(Math.round(number));
}
