import type { Client } from 'pg';
import type { DatabaseConfig } from '../../database/session';
import { formatDay, type Day } from '../../model/day';
import { withConnection } from '../connection';

/** How often the rule was right on one cohort and day; positive means level 2. */
export interface RiskOutcome {
  readonly cohortId: number;
  readonly day: Day;
  truePositives: number;
  falsePositives: number;
  trueNegatives: number;
  falseNegatives: number;
}

/** Counts hits and misses by cohort and day. Which student was which is not kept. */
export class RiskOutcomes {
  private readonly outcomes = new Map<string, RiskOutcome>();

  count(cohortId: number, day: Day, flagged: boolean, atRisk: boolean): void {
    const key = `${cohortId} ${day}`;
    let outcome = this.outcomes.get(key);
    if (outcome === undefined) {
      outcome = { cohortId, day, truePositives: 0, falsePositives: 0, trueNegatives: 0, falseNegatives: 0 };
      this.outcomes.set(key, outcome);
    }
    if (flagged) outcome[atRisk ? 'truePositives' : 'falsePositives']++;
    else outcome[atRisk ? 'falseNegatives' : 'trueNegatives']++;
  }

  all(): RiskOutcome[] {
    return [...this.outcomes.values()];
  }
}

/**
 * Writes the counts to `analytics.at_risk_outcome`, one cohort after the other; counts of the same cohort and day are replaced.
 * @param erased students that the counts are without
 * @throws Error if another student of the cohort was erased since: the counts tell whether the student was at risk
 */
export function publishOutcomes(
  database: DatabaseConfig,
  outcomes: readonly RiskOutcome[],
  erased: readonly number[],
): Promise<void> {
  return withConnection(database, async (client) => {
    for (const cohort of new Set(outcomes.map(({ cohortId }) => cohortId))) {
      await client.query('begin');
      for (const outcome of outcomes.filter(({ cohortId }) => cohortId === cohort)) await record(client, outcome);
      // After the first one is recorded, erasures in the cohort wait for the end of the transaction.
      await refuseErased(client, cohort, erased);
      await client.query('commit');
    }
  });
}

async function record(client: Client, outcome: RiskOutcome): Promise<void> {
  await client.query('select analytics.record_outcome($1::smallint, $2::date, $3, $4, $5, $6)', [
    outcome.cohortId,
    formatDay(outcome.day),
    outcome.truePositives,
    outcome.falsePositives,
    outcome.trueNegatives,
    outcome.falseNegatives,
  ]);
}

async function refuseErased(client: Client, cohort: number, erased: readonly number[]): Promise<void> {
  const { rows } = await client.query(
    `select from ops.forgotten_students f join edtech.classrooms c on c.classroom_id = f.student_id / 63
     where c.cohort_id = $1 and f.student_id <> all ($2::int[]) limit 1`,
    [cohort, erased],
  );
  if (rows.length > 0)
    throw new Error(
      `a student of cohort ${cohort} was erased after the counts were made: run answer-key --publish again`,
    );
}
