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

/** Writes the counts to `analytics.at_risk_outcome`; counts of the same cohort and day are replaced. */
export function publishOutcomes(database: DatabaseConfig, outcomes: readonly RiskOutcome[]): Promise<void> {
  return withConnection(database, async (client) => {
    await client.query('begin');
    for (const outcome of outcomes) {
      await client.query('select analytics.record_outcome($1::smallint, $2::date, $3, $4, $5, $6)', [
        outcome.cohortId,
        formatDay(outcome.day),
        outcome.truePositives,
        outcome.falsePositives,
        outcome.trueNegatives,
        outcome.falseNegatives,
      ]);
    }
    await client.query('commit');
  });
}
