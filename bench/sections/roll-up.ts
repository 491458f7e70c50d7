import type { Stream } from '../../simulator/src/model/stream';
import { speed, type BenchContext } from '../context';
import { IngestRun } from '../ingest-run';
import { alternate, median, ratioFigure, seconds, type Figure } from '../pairs';
import { RollUpLoop } from '../roll-up-loop';
import type { BenchDatabase } from '../server';
import { rewind, START } from '../stage';
import { cutBatches, rowsOf } from '../workload';

const BATCH = 10_000;
/** Batches between two calls of the roll-up: one tick of a replica that is behind. */
const TICK = 10;
/** Ticks that are timed, after one that only gives the roll-up something to begin with. */
const TICKS = 4;

/** What the roll-up costs the ingest, and whether it keeps up with it. */
export async function besideRollUp(
  { rounds, say }: BenchContext,
  database: BenchDatabase,
  stream: Stream,
): Promise<Figure[]> {
  const batches = cutBatches(stream, START, (TICKS + 1) * TICK * BATCH, BATCH);
  const timedRows = rowsOf(batches.slice(TICK));
  say(`roll-up: ${rounds} rounds of ${rowsOf(batches)} rows, with and without`);

  const afterwards: number[] = [];
  const alone = async (): Promise<number> => {
    await rewind(database);
    const run = await IngestRun.open(database, stream, batches);
    await run.store(TICK);
    const time = await seconds(() => run.store());
    await run.close();
    const rollUp = await RollUpLoop.open(database);
    const work = await rollUp.drain();
    await rollUp.close();
    if (work.events !== rowsOf(batches)) throw new Error(`${work.events} of ${rowsOf(batches)} rows were rolled up`);
    afterwards.push(work.events / work.seconds);
    return timedRows / time;
  };
  const beside: number[] = [];
  const together = async (): Promise<number> => {
    await rewind(database);
    const run = await IngestRun.open(database, stream, batches);
    const rollUp = await RollUpLoop.open(database);
    await run.store(TICK);
    rollUp.start();
    const time = await seconds(async () => {
      for (let tick = 0; tick < TICKS; tick++) {
        rollUp.notify();
        await run.store(TICK);
      }
    });
    const work = await rollUp.finish();
    await run.close();
    await rollUp.close();
    beside.push(work.events / work.seconds);
    return timedRows / time;
  };
  const speeds = await alternate(rounds, { alone, together });
  const ingest = { alone: speed(median(speeds.alone), 1), together: speed(median(speeds.together), 1) };
  return [
    ratioFigure('ingest with the roll-up running / without', speeds.together, speeds.alone, { atLeast: 0.65 }, ingest),
    ratioFigure(
      'roll-up / ingest, both running',
      beside,
      speeds.together,
      { atLeast: 1 },
      {
        'roll-up': speed(median(beside), 1),
        ingest: ingest.together,
      },
    ),
    ratioFigure(
      'roll-up / ingest, one after the other',
      afterwards,
      speeds.alone,
      { atLeast: 1 },
      {
        'roll-up': speed(median(afterwards), 1),
        ingest: ingest.alone,
      },
    ),
  ];
}
