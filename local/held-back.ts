import { DatabaseError } from 'pg';

/** A day that a publishing pass could not do; the next one tries again. */
export interface HeldBackDay {
  readonly cohort: number;
  readonly day: string;
  readonly state: 'not published' | 'still counts an erased student';
  /** Failed quality checks, whose reasons are in `analytics.data_quality_results`, or what the database refused. */
  readonly because: string;
}

/** SQLSTATE of the functions' own word for "not in this state", such as a run that an erasure has discarded between two steps. */
const NOT_IN_PREREQUISITE_STATE = '55000';

/**
 * What holds a day back that the database refused for now.
 * @throws the error itself if it says anything else
 */
export function refusedForNow(error: unknown): string {
  if (!(error instanceof DatabaseError && error.code === NOT_IN_PREREQUISITE_STATE)) throw error;
  return `left to the next pass, ${error.message}`;
}
