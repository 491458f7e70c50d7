import type { DatabaseConfig } from '../../database/session';
import { withConnection } from '../connection';

/** What `ops.record_verification` is told of a day. */
export interface ProvenDay {
  readonly day: string;
  readonly state: 'held' | 'dropped';
  readonly events: number;
  readonly checksum: string;
  readonly lost: number;
  readonly extra: number;
  readonly changed: number;
}

/** What `ops.record_verify_result` is told of a run. */
export interface ProvenRange {
  /** In order, all days of the range. */
  readonly days: readonly ProvenDay[];
  readonly compared: number;
  readonly lost: number;
  readonly extra: number;
  readonly changed: number;
  readonly unproven: number;
}

/**
 * Records the outcome of each day with a partition, and that of the whole run, at once. Retention drops a day only after a green
 * one that still fits, also one that never had rows or that erasures have emptied; whoever watches reads the newest run.
 */
export function recordVerification(database: DatabaseConfig, result: ProvenRange): Promise<void> {
  return withConnection(database, async (client) => {
    await client.query('begin');
    for (const { day, events, checksum, lost, extra, changed, state } of result.days) {
      if (state !== 'held') continue;
      await client.query(
        `select ops.record_verification($1::date, $2::bigint, $3::numeric, $4::boolean)
         where $2 > 0 or ops.partition_of($1::date) is not null`,
        [day, events, checksum, lost + extra + changed === 0],
      );
    }
    const { days, compared, lost, extra, changed, unproven } = result;
    await client.query(
      'select ops.record_verify_result($1::date, $2::date, $3::bigint, $4::bigint, $5::bigint, $6::bigint, $7::int)',
      [days[0].day, days[days.length - 1].day, compared, lost, extra, changed, unproven],
    );
    await client.query('commit');
  });
}
