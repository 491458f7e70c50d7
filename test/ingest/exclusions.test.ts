import { ManualClock } from '../../simulator/src/clock';
import { Session } from '../../simulator/src/database/session';
import { EventColumns } from '../../simulator/src/events/columns';
import { backfill } from '../../simulator/src/ingest/backfill';
import { EventSource } from '../../simulator/src/ingest/event-source';
import { readVersions, streamOrigin } from '../../simulator/src/ingest/stream-versions';
import { Stream } from '../../simulator/src/model/stream';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { allReceived, DAY, START, startReplica, testConfig } from './support/replicas';

const ALL = Array.from({ length: 64 }, (_, shard) => shard);
const DROPPED = '2026-02-03';
const DROPPED_AT = START + DAY + 3_600_000;
const END = START + 5 * DAY;

describe('what must not be stored', () => {
  let database: TestDatabase;
  let stream: Stream;
  let forgotten: number;

  async function live(instant: number): Promise<void> {
    const replica = startReplica(testConfig(database.url('simulator')), new ManualClock(instant), 'live');
    await allReceived(database, instant);
    await replica.stop();
  }

  /** Copies, since the source uses its columns again. */
  function received(from: number, to: number, keep: (occurredAt: number, student: number) => boolean): number {
    const events: EventColumns = new EventSource(stream, streamOrigin(stream.firstDay)).received(ALL, from, to);
    let count = 0;
    for (let row = 0; row < events.length; row++) if (keep(events.occurredAt[row], events.studentId[row])) count++;
    return count;
  }

  beforeAll(async () => {
    database = await createTestDatabase();
    await live(DROPPED_AT);
    const session = await Session.open(testConfig(database.url('simulator')).database, 'test');
    stream = new Stream(await readVersions(session));
    await session.close();
    const superuser = await database.connect('superuser');
    // What retention does at its end, when every row of the day is rolled up: the rows go, a note stays.
    await superuser.query(`
      select ops.roll_up_all();
      insert into ops.dropped_partitions (utc_day, events, checksum) select '${DROPPED}', events, checksum from ops.partition_checksum('${DROPPED}');
      alter table edtech.streaming_logs detach partition edtech.streaming_logs_20260203; drop table edtech.streaming_logs_20260203`);
    const { rows } = await superuser.query<{ id: number }>(
      'select student_id as id from edtech.streaming_logs group by 1 order by count(*) desc, 1',
    );
    const comesAgain = ({ id }: { id: number }): boolean =>
      received(DROPPED_AT, END, (_, student) => student === id) > 0;
    forgotten = rows.find(comesAgain)!.id;
    await superuser.query(`select ops.forget_student($1, 'asked for it')`, [forgotten]);
    await live(START + 2 * DAY);
    await backfill(testConfig(database.url('simulator')), { to: END });
  });
  afterAll(() => database.drop());

  const day = Date.parse(`${DROPPED}T00:00:00Z`);
  const ofDroppedDay = (occurredAt: number): boolean => occurredAt >= day && occurredAt < day + DAY;

  it('late events of a day that retention has dropped are counted, by batches and by the bulk path', async () => {
    const client = await database.connect('simulator');
    const { rows } = await client.query<{ events: number; days: number }>(
      `select sum(events)::int as events, count(distinct utc_day)::int as days from ingest.rejected`,
    );
    const expected = received(
      DROPPED_AT,
      END,
      (occurredAt, student) => ofDroppedDay(occurredAt) && student !== forgotten,
    );
    expect(expected).toBeGreaterThan(0);
    expect(rows).toEqual([{ events: expected, days: 1 }]);
  });

  it('events of an erased student are made by the stream and stored by nobody', async () => {
    expect(received(DROPPED_AT, END, (_, student) => student === forgotten)).toBeGreaterThan(0);
    const client = await database.connect('simulator');
    for (const table of ['edtech.streaming_logs', 'edtech.students']) {
      const { rows } = await client.query(`select 1 from ${table} where student_id = $1 limit 1`, [forgotten]);
      expect(rows).toEqual([]);
    }
  });

  it('everything else is stored', async () => {
    const client = await database.connect('simulator');
    const { rows } = await client.query<{ n: number }>('select count(*)::int as n from edtech.streaming_logs');
    const origin = streamOrigin(stream.firstDay);
    expect(rows[0].n).toBe(
      received(origin, END, (occurredAt, student) => !ofDroppedDay(occurredAt) && student !== forgotten),
    );
  });
});
