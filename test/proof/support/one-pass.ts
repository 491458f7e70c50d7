import type { Client } from 'pg';
import { DAYS_PER_PASS } from '../../../simulator/src/proof/answer-key';
import { answerDays } from '../../../simulator/src/proof/answers/answer-pass';
import { Findings } from '../../../simulator/src/proof/answers/comparison';
import { RiskOutcomes } from '../../../simulator/src/proof/answers/outcome';
import { PendingBatches, type Run } from '../../../simulator/src/proof/answers/published';
import { SHARDS } from '../../../simulator/src/events/event-id';
import { MODEL_VERSION, parseStreamConfig } from '../../../simulator/src/model/config';
import { DAY_MS, parseDay } from '../../../simulator/src/model/day';
import { Stream } from '../../../simulator/src/model/stream';

/**
 * A program: one whole pass of the answer key over school days of a default stream, all of them published, against a database that
 * holds no row. What a pass gathers is in memory whatever the database answers.
 */
async function main(): Promise<void> {
  const validFromDay = parseDay('2026-03-02');
  const stream = new Stream([{ validFromDay, modelVersion: MODEL_VERSION, seed: 42, config: parseStreamConfig() }]);
  const client = { query: () => Promise.resolve({ rows: [] }) } as unknown as Client;
  const [from, to] = [stream.firstDay, stream.firstDay + DAYS_PER_PASS - 1];
  const runs: Run[] = [];
  for (const { cohortId } of stream.cohorts)
    for (let day = from; day <= to; day++)
      runs.push({ cohortId, day, asOf: stream.schoolDay(cohortId, day).endsAt + DAY_MS });
  const findings = new Findings(0);
  const snapshot = {
    client,
    stream,
    watermarks: new Float64Array(SHARDS).fill((to + 3) * DAY_MS),
    forgotten: new Map<number, number>(),
    heldDays: new Set<number>(),
    droppedDays: new Map(),
  };
  const pending = await PendingBatches.read(client);
  const outcomes = new RiskOutcomes();
  await answerDays({ snapshot, runs, snapshotRuns: runs, pending, findings, outcomes }, from, to, () => undefined);
  process.stdout.write(
    `${JSON.stringify({ students: stream.studentIds().length, compared: findings.total('compared') })}\n`,
  );
}

void main();
