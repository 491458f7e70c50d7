import path from 'node:path';
import { Client } from 'pg';
import { COPY_COLUMNS } from '../../simulator/src/events/copy-encoder';
import type { EventColumns } from '../../simulator/src/events/columns';
import { eventValues } from '../event-values';
import { speed, type BenchContext } from '../context';
import { ingestSpeed, requireRows } from '../ingest-run';
import { alternate, median, ratioFigure, seconds, type Figure } from '../pairs';
import { findPsql, timedPsql } from '../psql';
import type { BenchDatabase } from '../server';
import { rewind, stageStream, START } from '../stage';
import { cutBatches, inWrittenOrder, rowsOf, writeCopyFile, type Batch } from '../workload';
import { besideRollUp } from './roll-up';

const STUDENTS = 20_000;
/** Rows that each way of storing gets in a round. */
const ROWS = 200_000;
const SMALL_BATCH = 10_000;
const LARGE_BATCH = 50_000;
/** Single-row INSERT is so slow that fewer rows tell its speed. */
const SINGLE_ROWS = 4000;

/** How fast events get into the table: the ingest's own transactions against `\copy` and INSERT of the same rows. */
export async function ingest(context: BenchContext): Promise<Figure[]> {
  const { server, rounds, say } = context;
  const program = findPsql(Number(server.version.split('.')[0]));
  say('ingest: preparing two databases, one of them without the foreign keys');
  const keyed = await server.createDatabase('bench_ingest');
  const stream = await stageStream(keyed, { students: STUDENTS });
  const unkeyed = await server.createDatabase('bench_ingest_unkeyed');
  await stageStream(unkeyed, { students: STUDENTS });
  await dropForeignKeys(unkeyed);
  const small = cutBatches(stream, START, ROWS, SMALL_BATCH);
  const large = cutBatches(stream, START, ROWS, LARGE_BATCH);

  const stored = (batches: readonly Batch[]): Promise<number> => ingestSpeed(keyed, stream, batches);
  const copied = async (database: BenchDatabase, batches: readonly Batch[], file: string): Promise<number> => {
    await rewind(database);
    const copy = `\\copy edtech.streaming_logs (${COPY_COLUMNS}) from '${file}' with (format binary)`;
    const time = timedPsql(program, database.url('simulator'), [copy]);
    await requireRows(database, rowsOf(batches));
    return rowsOf(batches) / time;
  };
  const smallFile = path.join(context.folder, 'small.copy');
  const largeFile = path.join(context.folder, 'large.copy');
  writeCopyFile(smallFile, inWrittenOrder(small));
  writeCopyFile(largeFile, inWrittenOrder(large));

  say(`ingest: ${rounds} rounds of ${rowsOf(small)} rows`);
  const first = await alternate(rounds, {
    stored: () => stored(small),
    copied: () => copied(keyed, small, smallFile),
    inserted: () => inserted(keyed, inWrittenOrder(small)),
  });
  const second = await alternate(rounds, {
    stored: () => stored(large),
    copied: () => copied(unkeyed, large, largeFile),
  });
  const figures = [
    ratioFigure(
      'set-validated COPY, batches of 10,000 / \\copy into the same table',
      first.stored,
      first.copied,
      { atLeast: 2.5 },
      { ingest: speed(median(first.stored), 1), '\\copy': speed(median(first.copied), 1) },
    ),
    ratioFigure(
      'set-validated COPY, batches of 50,000 / \\copy into the table without foreign keys',
      second.stored,
      second.copied,
      { atLeast: 0.6 },
      { ingest: speed(median(second.stored), 1), '\\copy': speed(median(second.copied), 1) },
    ),
    ratioFigure(
      'set-validated COPY, batches of 10,000 / prepared single-row INSERT',
      first.stored,
      first.inserted,
      { atLeast: 20 },
      { ingest: speed(median(first.stored), 1), INSERT: `${Math.round(median(first.inserted))} /s` },
    ),
    ...(await besideRollUp(context, keyed, stream)),
  ];
  await server.dropDatabase(unkeyed);
  await server.dropDatabase(keyed);
  return figures;
}

async function dropForeignKeys({ admin }: BenchDatabase): Promise<void> {
  const { rows } = await admin.query<{ name: string }>(
    `select conname as name from pg_constraint where conrelid = 'edtech.streaming_logs'::regclass and contype = 'f'`,
  );
  if (rows.length !== 2) throw new Error(`the table has ${rows.length} foreign keys, expected are 2`);
  for (const { name } of rows)
    await admin.query(`alter table edtech.streaming_logs drop constraint ${admin.escapeIdentifier(name)}`);
}

/** Rows per second of the textbook's way: a prepared statement, one row and one transaction per round trip. */
async function inserted(database: BenchDatabase, events: EventColumns): Promise<number> {
  await rewind(database);
  const rows = Array.from({ length: SINGLE_ROWS }, (_, row) => eventValues(events, row));
  const client = new Client({ connectionString: database.url('simulator') });
  await client.connect();
  const text = `insert into edtech.streaming_logs (${COPY_COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`;
  const time = await seconds(async () => {
    for (const values of rows) await client.query({ name: 'insert_event', text, values });
  });
  await client.end();
  return SINGLE_ROWS / time;
}
