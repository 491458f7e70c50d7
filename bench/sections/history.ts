import path from 'node:path';
import { EventColumns } from '../../simulator/src/events/columns';
import { COPY_COLUMNS } from '../../simulator/src/events/copy-encoder';
import { orderByOccurredAt } from '../../simulator/src/events/row-order';
import { backfill } from '../../simulator/src/ingest/backfill';
import { streamOrigin } from '../../simulator/src/ingest/stream-versions';
import { DAY_MS } from '../../simulator/src/model/day';
import { MODEL_VERSION, parseStreamConfig } from '../../simulator/src/model/config';
import { Stream } from '../../simulator/src/model/stream';
import { speed, type BenchContext } from '../context';
import { requireRows } from '../ingest-run';
import { alternate, figure, median, ratioFigure, seconds, type Figure } from '../pairs';
import { findPsql, timedPsql } from '../psql';
import { compileSimulator, runSimulator } from '../simulator-process';
import { rewind, simulatorConfig, simulatorVariables, stageStream, START } from '../stage';
import { appendRows, writeCopyFile } from '../workload';

const STUDENTS = 10_000;
const DAYS = 6;

/** How fast days that are over get into the table: the bulk path against `\copy` of the same rows. */
export async function history(context: BenchContext): Promise<Figure[]> {
  return [await bulkPath(context), await tenMillion(context)];
}

async function bulkPath({ server, folder, rounds, say }: BenchContext): Promise<Figure> {
  const program = findPsql(Number(server.version.split('.')[0]));
  const database = await server.createDatabase('bench_history');
  const watermark = streamOrigin(Math.floor(START / DAY_MS) - DAYS);
  const stream = await stageStream(database, { students: STUDENTS, historyDays: DAYS, watermark });
  const rows = receivedUpTo(stream, START);
  const file = path.join(folder, 'history.copy');
  writeCopyFile(file, rows);
  const copy = `\\copy edtech.streaming_logs (${COPY_COLUMNS}) from '${file}' with (format binary)`;
  const config = simulatorConfig(database, STUDENTS, { INGEST_ROLL_UP: 'false' });
  say(`history: ${rounds} rounds of ${rows.length} rows`);
  const speeds = await alternate(rounds, {
    bulk: async () => {
      await rewind(database, watermark);
      const time = await seconds(() => backfill(config, { to: START }));
      await requireRows(database, rows.length);
      return rows.length / time;
    },
    copied: async () => {
      await rewind(database, watermark);
      const time = timedPsql(program, database.url('simulator'), [copy]);
      await requireRows(database, rows.length);
      return rows.length / time;
    },
  });
  await server.dropDatabase(database);
  return ratioFigure(
    'bulk path, events made, stored and keyed / \\copy into the table with foreign keys',
    speeds.bulk,
    speeds.copied,
    { atLeast: 4 },
    { 'bulk path': speed(median(speeds.bulk), 1), '\\copy': speed(median(speeds.copied), 1) },
  );
}

/** Everything that a stream has received by an instant, by `occurred_at`. */
function receivedUpTo(stream: Stream, until: number): EventColumns {
  const found = new EventColumns();
  const day = new EventColumns();
  for (const student of stream.studentIds()) {
    for (let streamDay = stream.firstDay; streamDay <= Math.floor(until / DAY_MS) + 1; streamDay++) {
      day.clear();
      stream.appendStudentDay(student, streamDay, day);
      const rows = Uint32Array.from({ length: day.length }, (_, row) => row);
      appendRows(
        day,
        found,
        rows.filter((row) => day.receivedAt[row] <= until),
      );
    }
  }
  const ordered = new EventColumns(Math.max(1, found.length));
  appendRows(found, ordered, orderByOccurredAt(found));
  return ordered;
}

const MANY_EVENTS = 10_000_000;
const MANY_DAYS = 14;
const SAMPLE = 2000;

interface Verified {
  readonly compared: number;
  readonly lost: number;
  readonly extra: number;
  readonly changed: number;
}

async function tenMillion({ server, folder, say }: BenchContext): Promise<Figure> {
  const program = compileSimulator(folder);
  const database = await server.createDatabase('bench_ten_million');
  const students = studentsFor(MANY_EVENTS * 1.05);
  say(`history: ${MANY_DAYS} days of ${students} students, loaded and verified`);
  const variables = simulatorVariables(database, students);
  const to = new Date(START).toISOString();
  const loading = await seconds(() =>
    runSimulator(program, ['backfill', '--to', to, '--days', String(MANY_DAYS)], variables),
  );
  let verified: Verified | undefined;
  const verifying = await seconds(async () => {
    verified = JSON.parse(await runSimulator(program, ['verify'], variables, [1])) as Verified;
  });
  const { compared, lost, extra, changed } = verified!;
  await requireRows(database, compared);
  await server.dropDatabase(database);
  if (compared < MANY_EVENTS) throw new Error(`${compared} events were compared, expected are ${MANY_EVENTS}`);
  return figure(
    '10 million events loaded, keyed, rolled up and verified: lost + extra + changed',
    'rows',
    [lost + extra + changed],
    { atMost: 0 },
    {
      events: compared.toLocaleString('en'),
      'loaded in': `${Math.round(loading)} s (${speed(compared, loading)})`,
      'verified in': `${Math.round(verifying)} s (${speed(compared, verifying)})`,
    },
  );
}

/** Students whose stream of {@link MANY_DAYS} days has about so many events, by a smaller sample. */
function studentsFor(events: number): number {
  const stream = new Stream([
    {
      validFromDay: Math.floor(START / DAY_MS) - MANY_DAYS,
      modelVersion: MODEL_VERSION,
      seed: 1,
      config: parseStreamConfig({ students: SAMPLE }),
    },
  ]);
  return Math.ceil((events / receivedUpTo(stream, START).length) * SAMPLE);
}
