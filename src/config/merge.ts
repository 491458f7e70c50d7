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
