import { GUARDED, type Guard, type GuardedParameter } from './guarded-parameters';
import { isKnown, valueProblem } from './postgres-values';

/** Set by the platform by the size of a member, or because they suit it: a caller may know better. */
type Tuned =
  | 'shared_buffers'
  | 'effective_cache_size'
  | 'maintenance_work_mem'
  | 'work_mem'
  | 'jit'
  | 'random_page_cost'
  | 'wal_compression'
  | 'max_wal_size'
  | 'pgaudit.log_catalog'
  | 'track_io_timing'
  | 'log_lock_waits'
  | 'log_min_duration_statement';

/** Every parameter that the platform sets is one or the other: a new one is decided about before it compiles. */
export type OwnParameter = GuardedParameter | Tuned;

/** Parameters of extensions, which the server's own list does not have. */
const OF_EXTENSION = /^[a-z_][a-z0-9_$]*(\.[a-z_][a-z0-9_$]*)+$/;

function problemOf(name: string, value: unknown, prefix: string): string | undefined {
  const lower = name.toLowerCase();
  // PostgreSQL and Patroni read both as one parameter, and nobody could say which of two values counts.
  if (lower !== name) return `write it as ${lower}`;
  if (typeof value !== 'string') return `given is ${JSON.stringify(value)}; allowed is a text`;
  const guard: Guard | undefined = Object.hasOwn(GUARDED, name) ? GUARDED[name as GuardedParameter] : undefined;
  if (guard !== undefined && guard.keeps === undefined) {
    const advice = guard.instead === undefined ? 'leave it out' : `set ${prefix}${guard.instead} instead`;
    return `it is managed, since ${guard.why}; ${advice}`;
  }
  if (!OF_EXTENSION.test(name)) {
    if (!isKnown(name)) return 'PostgreSQL 17 has no such parameter for those who run it';
    const problem = valueProblem(name, value);
    if (problem !== undefined) return problem;
  }
  if (guard?.keeps === undefined || guard.keeps.has(value)) return undefined;
  return `it is managed, since ${guard.why}; allowed ${guard.keeps.allowed}`;
}

/**
 * What is wrong with parameters that a caller adds to those of the platform: what a promise rests on, and what the server or
 * Patroni would ignore or replace without a word to the caller.
 * @param prefix what stands before the caller's properties in messages
 */
export function parameterProblems(parameters: Readonly<Record<string, unknown>>, prefix = ''): string[] {
  return Object.entries(parameters).flatMap(([name, value]) => {
    const problem = problemOf(name, value, prefix);
    return problem === undefined ? [] : [`${prefix}parameters.${name} is '${String(value)}': ${problem}`];
  });
}
