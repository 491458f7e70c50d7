import type { Pool } from 'pg';
import { DAY_MS } from '../simulator/src/model/day';
import { parseScenario, type Scenario } from '../simulator/src/model/scenario';

/**
 * The scenarios of a run. A stream that exists keeps its own: they go on without being named again, and one that is named without
 * a start is the one that began on an earlier day. Whatever else differs is refused by the simulator.
 */
export async function scenariosOf(pool: Pool, given: readonly string[], now = Date.now()): Promise<Scenario[]> {
  const kept = await storedScenarios(pool);
  if (given.length === 0) return kept;
  const today = Math.floor(now / DAY_MS);
  return given.map((text) => {
    const scenario = parseScenario(text, today);
    const { start, end } = kept.find((known) => isSame(known, scenario)) ?? scenario;
    return /[:,]start=/.test(text) ? scenario : { ...scenario, start, end };
  });
}

async function storedScenarios(pool: Pool): Promise<Scenario[]> {
  const { rows } = await pool.query<{ scenarios: Scenario[] | null }>(
    `select config -> 'scenarios' as scenarios from ingest.stream_versions order by valid_from_day desc limit 1`,
  );
  return rows[0]?.scenarios ?? [];
}

/** The same but for when it begins. */
const isSame = (a: Scenario, b: Scenario): boolean =>
  a.name === b.name && a.cohort === b.cohort && a.classroom === b.classroom && a.lesson === b.lesson;
