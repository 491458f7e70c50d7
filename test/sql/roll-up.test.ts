import { shardMask } from '../../simulator/src/ingest/ledger';
import { enrolment, session } from './support/events';
import { randomSessions, seeded } from './support/random-events';
import { rollUpDifferences } from './support/roll-up-difference';
import { studentId, World } from './support/world';

const HALVES = ['6148914691236517205', '-6148914691236517206'];

describe('the roll-up', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(() => world.drop());

  it('equals the rows after every step, with random batches of two replicas and late events', async () => {
    const events = [
      ...randomSessions(7, '2026-01-04T20:00:00Z', 40, 150),
      enrolment(studentId(3, 1), '2026-01-05T11:11:11.111Z'),
      enrolment(studentId(3, 1), '2026-01-06T10:00:00Z', 'unenrolled'),
    ];
    const random = seeded(11);
    const ends = [0, 0];
    let received = 0;
    const origin = Date.parse('2026-01-04T00:00:00Z');
    while (Math.min(...ends) < 6 * 24) {
      const replica = ends[0] <= ends[1] ? 0 : 1;
      const from = ends[replica];
      ends[replica] = from + (random() < 0.5 ? 1 : Math.ceil(random() * 8));
      const hour = (hours: number): string => new Date(origin + hours * 3_600_000).toISOString();
      received += await world.receive(events, hour(from), hour(ends[replica]), HALVES[replica]);
      if (random() < 0.3) {
        const { rows } = await world.simulator.query<{ pending: string }>('select pending from analytics.roll_up($1)', [
          random() < 0.5 ? 1 : 1000,
        ]);
        if (rows[0].pending === '0') expect(await rollUpDifferences(world)).toEqual([]);
      }
    }
    await world.rollUp();
    expect(received).toBe(events.length);
    expect(await rollUpDifferences(world)).toEqual([]);
    expect(await world.rows('select count(*)::int as pending from ingest.batches where rolled_up_at is null')).toEqual([
      { pending: 0 },
    ]);
  });

  it('counts the rows of each shard that was received alone', async () => {
    const students = Array.from({ length: 64 }, (_, shard) => (shard === 63 ? 63 : 64 + shard));
    await world.owner.query(
      `insert into edtech.students select 63 + seat, 1, 1, seat, 'S', format('s%s@students.example.org', seat), '2026-01-05T11:30:00Z'
       from generate_series(5, 62) seat`,
    );
    const events = students.map((student) => enrolment(student, '2026-01-05T11:30:00Z'));
    for (const student of students) {
      await world.receive(events, '2026-01-05T11:00:00Z', '2026-01-05T12:00:00Z', shardMask([student % 64]));
      expect([student % 64, await world.value('select events::int from analytics.roll_up()')]).toEqual([
        student % 64,
        1,
      ]);
    }
    expect(await rollUpDifferences(world)).toEqual([]);
  });

  it('takes at least one batch however small the limit, and says how many are left', async () => {
    const events = randomSessions(3, '2026-01-05T00:00:00Z', 4, 30);
    await world.receive(events, '2026-01-04T00:00:00Z', '2026-01-05T02:00:00Z');
    await world.receive(events, '2026-01-05T02:00:00Z', '2026-01-05T03:00:00Z');
    const first = await world.simulator.query('select batches::int, pending::int from analytics.roll_up(1)');
    expect(first.rows).toEqual([{ batches: 1, pending: 1 }]);
    const second = await world.simulator.query('select batches::int, pending::int from analytics.roll_up(1)');
    expect(second.rows).toEqual([{ batches: 1, pending: 0 }]);
  });

  it('marks empty ticks at once', async () => {
    await world.receive([], '2026-01-05T00:00:00Z', '2026-01-05T00:00:05Z');
    const { rows } = await world.simulator.query(
      'select batches::int, events::int, pending::int from analytics.roll_up()',
    );
    expect(rows).toEqual([{ batches: 1, events: 0, pending: 0 }]);
  });

  it('returns at once while another session works', async () => {
    await world.receive(
      randomSessions(3, '2026-01-05T00:00:00Z', 4, 10),
      '2026-01-04T00:00:00Z',
      '2026-01-09T00:00:00Z',
    );
    await world.analytics.query('begin');
    await world.analytics.query('select analytics.roll_up()');
    const { rows } = await world.simulator.query('select batches::int, events::int from analytics.roll_up()');
    expect(rows).toEqual([{ batches: 0, events: 0 }]);
    await world.analytics.query('rollback');
    await world.rollUp();
    expect(await rollUpDifferences(world)).toEqual([]);
  });

  it('refuses events outside every school day and counts none of their batch', async () => {
    const events = session({ student: studentId(1, 0), start: '2027-06-01T12:00:00Z', views: [], end: 60 });
    await world.receive(events, '2026-01-04T00:00:00Z', '2027-06-02T00:00:00Z');
    await expect(world.rollUp()).rejects.toThrow(/2 of 2 events between .* lie in no school day of their cohort/);
    expect(await world.rows('select count(*)::int as rows from analytics.minute')).toEqual([{ rows: 0 }]);
  });

  it('refuses a limit below one event', async () => {
    await expect(world.simulator.query('select analytics.roll_up(0)')).rejects.toThrow(
      'max_events is 0, it must be at least 1',
    );
  });
});
