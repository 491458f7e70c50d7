import type { Partially } from './types';

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `base` with what `changes` says; lists and tagged unions (objects with `kind` or `by`) are replaced as a whole. */
export function merge<T>(base: T, changes: Partially<T> | undefined): T {
  if (changes === undefined) return base;
  if (!isRecord(base) || !isRecord(changes)) return changes as T;
  if ('kind' in changes || 'by' in changes) return changes as T;
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(changes)) {
    if (value !== undefined) merged[key] = merge(merged[key], value as Partially<unknown>);
  }
  return merged as T;
}

/** Paths in `settings` that `known` does not have: a mistyped option must not be ignored. */
export function unknownPaths(settings: unknown, known: unknown, open: readonly string[], at = ''): string[] {
  if (!isRecord(settings) || !isRecord(known) || open.includes(at)) return [];
  return Object.entries(settings).flatMap(([key, value]) => {
    const path = at === '' ? key : `${at}.${key}`;
    return key in known ? unknownPaths(value, known[key], open, path) : [path];
  });
}
