import path from 'node:path';
import type { Client } from 'pg';
import { migrate, readMigrations } from '../../../simulator/src/database/migrate';
import { createTestDatabase, type TestDatabase } from '../../support/database';
import { insertEvents, type EventRow } from './events';

export const LOS_ANGELES = 1;
export const TOKYO = 2;
/** Classrooms 1 and 2 are in Los Angeles, 3 is in Tokyo; all follow the course of segment school. */
export const studentId = (classroom: number, seat: number): number => classroom * 63 + seat;
/** Lessons 1 to 3 belong to segment school, 4 to segment university. */
export const LESSON_SECONDS: Readonly<Record<number, number>> = { 1: 100, 2: 200, 3: 400, 4: 300 };

const MIGRATIONS = readMigrations(path.resolve(__dirname, '../../../sql/migrations'));

/** A migrated database with two cohorts, three classrooms of five students, four lessons and the school days of a term. */
export class World {
  private constructor(
    readonly database: TestDatabase,
    readonly owner: Client,
    readonly simulator: Client,
    readonly analytics: Client,
    readonly superuser: Client,
  ) {}

  /** @param options.migrations number of migrations that are applied. @default all */
  static async create(label?: string, { migrations }: { readonly migrations?: number } = {}): Promise<World> {
    const database = await createTestDatabase(label, { empty: migrations !== undefined });
    const connect = async (who: Parameters<TestDatabase['connect']>[0]): Promise<Client> => {
      const client = await database.connect(who);
      await client.query(`set timezone = 'UTC'`);
      return client;
    };
    const world = new World(
      database,
      await connect('owner'),
      await connect('simulator'),
      await connect('analytics'),
      await connect('superuser'),
    );
    if (migrations !== undefined) await migrate(world.owner, MIGRATIONS.slice(0, migrations));
    await world.owner.query(DIMENSIONS);
    return world;
  }

  /** Applies the migrations that are missing. */
  async upgrade(): Promise<void> {
    await migrate(this.owner, MIGRATIONS);
  }

  drop(): Promise<void> {
    return this.database.drop();
  }

  /**
   * Stores events as the ingest does: rows, ledger rows per UTC day and watermarks in one transaction.
   * @param from exclusive, @param to inclusive bound of `received_at`; events outside are left out
   */
  async receive(events: readonly EventRow[], from: string, to: string, shardMask = '-1'): Promise<number> {
    const [after, until] = [Date.parse(from), Date.parse(to)];
    const inside = (shard: number): boolean => ((BigInt(shardMask) >> BigInt(shard)) & 1n) === 1n;
    const batch = events.filter(
      ({ receivedAt, studentId: student }) => receivedAt > after && receivedAt <= until && inside(student % 64),
    );
    const days = [...new Set(batch.map(({ occurredAt }) => new Date(occurredAt).toISOString().slice(0, 10)))].sort();
    if (days.length > 0) await this.simulator.query('select ops.ensure_partitions($1, $2)', [days[0], days.at(-1)]);
    await this.simulator.query('begin');
    await insertEvents(this.simulator, batch);
    for (const day of days.length > 0 ? days : [null]) {
      const times = batch
        .map(({ occurredAt }) => occurredAt)
        .filter((occurredAt) => new Date(occurredAt).toISOString().slice(0, 10) === day);
      const bounds = times.length > 0 ? [Math.min(...times), Math.max(...times)] : [NaN, NaN];
      await this.simulator.query(
        `insert into ingest.batches (replica, kind, shard_mask, received_from, received_to, utc_day, min_occurred_at, max_occurred_at, events)
         values ('test', 'live', $1, $2, $3, $4, $5, $6, $7)`,
        [
          shardMask,
          from,
          to,
          day,
          ...bounds.map((time) => (Number.isNaN(time) ? null : new Date(time).toISOString())),
          times.length,
        ],
      );
    }
    await this.simulator.query('update ingest.shards set watermark = $1 where ($2::bigint >> shard) & 1 = 1', [
      to,
      shardMask,
    ]);
    await this.simulator.query('commit');
    return batch.length;
  }

  async rollUp(): Promise<void> {
    await this.simulator.query('select analytics.roll_up()');
  }

  async compute(cohort: number, day: string, asOf: string, kind = 'first'): Promise<string> {
    return this.value('select analytics.compute_day($1::smallint, $2, $3, $4)', [cohort, day, asOf, kind]);
  }

  /** Computes, checks and publishes a day. @returns the run */
  async publish(cohort: number, day: string, asOf: string, kind = 'first'): Promise<string> {
    const run = await this.compute(cohort, day, asOf, kind);
    const failed = await this.value<number>('select analytics.check_day($1)', [run]);
    if (failed > 0) {
      const { rows } = await this.owner.query(
        'select check_name, detail from analytics.data_quality_results where run_id = $1 and failed_rows > 0',
        [run],
      );
      throw new Error(`run ${run} fails ${JSON.stringify(rows)}`);
    }
    await this.value('select analytics.publish_day($1)', [run]);
    return run;
  }

  /** The one value of a query of the analytics role. */
  async value<T = string>(sql: string, values: readonly unknown[] = []): Promise<T> {
    const { rows } = await this.analytics.query({ text: sql, values: [...values], rowMode: 'array' });
    return (rows[0] as T[])[0];
  }

  /** Rows of a query of the owner. */
  async rows<T = Record<string, unknown>>(sql: string, values: readonly unknown[] = []): Promise<T[]> {
    return (await this.owner.query(sql, [...values])).rows as T[];
  }
}

const DIMENSIONS = `
insert into ingest.stream_versions values ('2026-01-01', 'test', 1, '{}', 'test');
insert into edtech.cohorts values (1, 'Los Angeles', 'America/Los_Angeles'), (2, 'Tokyo', 'Asia/Tokyo');
insert into edtech.classrooms values (1, 1, 'school', 'A'), (2, 1, 'school', 'B'), (3, 2, 'school', 'C');
insert into edtech.lessons values (1, 'school', 1, 'mathematics', 'Lesson 1', 100), (2, 'school', 2, 'mathematics', 'Lesson 2', 200),
  (3, 'school', 3, 'mathematics', 'Lesson 3', 400), (4, 'university', 1, 'mathematics', 'Lesson 4', 300);
insert into edtech.students
  select c.classroom_id * 63 + seat, c.classroom_id, c.cohort_id, seat, format('Student %s', seat),
    format('s%s-%s@students.example.org', c.classroom_id, seat), '2025-12-01T00:00:00Z'
  from edtech.classrooms c, generate_series(0, 4) seat;
insert into edtech.school_days
  select c.cohort_id, d::date, d at time zone c.time_zone, (d + interval '1 day') at time zone c.time_zone,
    case when extract(isodow from d) < 6 then 'school_day' else 'weekend' end::edtech.day_kind
  from edtech.cohorts c, generate_series(timestamp '2025-12-25', timestamp '2026-12-31', interval '1 day') d;
`;
