import type { Environ } from './types.ts';

/**
 * `environ[key]`. Each order of header fields gives environ another shape, and V8 compiles
 * `environ.PATH_INFO` anew for each: every client of another kind would cost a busy server
 * milliseconds. This place, which sees all keys, is compiled once, for all shapes.
 */
export function variable<Key extends keyof Environ>(environ: Environ, key: Key): Environ[Key] {
  return environ[key];
}

/** `environ[key] = value`, likewise. */
export function setVariable<Key extends keyof Environ>(
  environ: Environ,
  key: Key,
  value: Environ[Key],
): void {
  environ[key] = value;
}
