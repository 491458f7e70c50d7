import type { Session } from '../database/session';
import type { Exclusions } from './ledger';

/** Reads which days were dropped by retention and which students were erased. */
export async function readExclusions(session: Session): Promise<Exclusions> {
  const { rows: dropped } = await session.query<{ day: number }>(
    `select utc_day - date '1970-01-01' as day from ops.dropped_partitions`,
  );
  const { rows: forgotten } = await session.query<{ id: number }>(
    'select student_id as id from ops.forgotten_students',
  );
  return {
    droppedDays: new Set(dropped.map(({ day }) => day)),
    forgottenStudents: new Set(forgotten.map(({ id }) => id)),
  };
}
