import { setTimeout as sleep } from 'node:timers/promises';
import { HOUR_MS } from '../../simulator/src/model/day';
import type { BenchContext } from '../context';
import { speed } from '../context';
import { generatorSpeed } from '../generate';
import { ingestSpeed } from '../ingest-run';
import { alternate, figure, median, ratioFigure, type Figure } from '../pairs';
import { peakRss, requireProc, rss } from '../process-memory';
import { compileSimulator, startSimulator, type SimulatorProcess } from '../simulator-process';
import type { BenchDatabase } from '../server';
import { simulatorVariables, stageStream, START } from '../stage';
import { cutBatches } from '../workload';

const STUDENTS = 10_000;
const EVENTS = 1_000_000;
const INGESTED = 200_000;
const BATCH = 10_000;

/** How fast events are made, and what making them for many students takes. */
export async function generator(context: BenchContext): Promise<Figure[]> {
  return [await speedOfMaking(context), ...(await memoryOfReplica(context))];
}

async function speedOfMaking({ server, rounds, say }: BenchContext): Promise<Figure> {
  say(`generator: ${rounds} rounds, each makes and encodes ${EVENTS} events and stores ${INGESTED}`);
  const database = await server.createDatabase('bench_generator');
  const stream = await stageStream(database, { students: STUDENTS });
  const batches = cutBatches(stream, START, INGESTED, BATCH);
  // Not timed: the first run is slower, until the code is compiled.
  generatorSpeed(stream, 0, EVENTS);
  let seed = 0;
  const speeds = await alternate(rounds, {
    made: () => Promise.resolve(generatorSpeed(stream, ++seed, EVENTS)),
    stored: () => ingestSpeed(database, stream, batches),
  });
  await server.dropDatabase(database);
  return ratioFigure(
    'events made and encoded per second and core / events stored by the ingest',
    speeds.made,
    speeds.stored,
    { atLeast: 8 },
    { generator: speed(median(speeds.made), 1), ingest: speed(median(speeds.stored), 1) },
  );
}

const MANY_STUDENTS = 100_000;
/** Ticks after which the highest memory is read: the first one makes the schedule of all students. */
const TICKS = 8;
const PATIENCE_MS = 240_000;

async function memoryOfReplica({ server, folder, say }: BenchContext): Promise<Figure[]> {
  requireProc();
  say(`generator: one replica with ${MANY_STUDENTS} students, ${TICKS} live ticks`);
  const program = compileSimulator(folder);
  const database = await server.createDatabase('bench_replica');
  // School in America and evening courses in Europe are both under way.
  const now = START + 18 * HOUR_MS;
  await stageStream(database, { students: MANY_STUDENTS, at: now });
  const variables = simulatorVariables(database, MANY_STUDENTS, {
    CLOCK_STREAM_ORIGIN: new Date(now).toISOString(),
    CLOCK_WALL_ORIGIN: new Date().toISOString(),
    HTTP_PORT: '0',
    LOG_LEVEL: 'info',
  });
  const replica = startSimulator(program, ['run'], variables);
  let peak: number;
  let last: number;
  try {
    await ticked(database, replica);
    peak = peakRss(replica.pid);
    last = rss(replica.pid);
  } finally {
    await replica.stop();
  }
  const { events, ticks } = await live(database);
  await server.dropDatabase(database);
  return [
    figure(
      `highest RSS of a replica with ${MANY_STUDENTS.toLocaleString('en')} students`,
      'MiB',
      [peak],
      { atMost: 256 },
      { 'at the end': `${Math.round(last)} MiB`, ticks: String(ticks), events: String(events) },
    ),
  ];
}

/** Waits until the replica has committed its ticks. @throws Error with its log if it does not come to that */
async function ticked(database: BenchDatabase, replica: SimulatorProcess): Promise<void> {
  const patience = performance.now() + PATIENCE_MS;
  while ((await live(database)).ticks < TICKS) {
    if (replica.ended() || performance.now() > patience)
      throw new Error(`the replica did not come to ${TICKS} ticks: ${replica.log()}`);
    await sleep(500);
  }
}

async function live({ admin }: BenchDatabase): Promise<{ events: number; ticks: number }> {
  const { rows } = await admin.query<{ events: number; ticks: number }>(
    'select coalesce(sum(events), 0)::float8 as events, count(distinct received_to)::int as ticks from ingest.batches',
  );
  return rows[0];
}
