import { randomSessions } from './support/random-events';
import { LOS_ANGELES, World } from './support/world';

const DAY = '2026-01-05';
const CUT = '2026-01-06T12:00:00Z';
const TABLES = ['minute', 'lesson_hour', 'classroom_hour', 'student_day', 'lesson_views'];

/** A row of the checked day and cohort in each roll-up. */
const PLACE: Readonly<Record<string, string>> = {
  minute: `cohort_id = 1 and minute >= '2026-01-05T08:00:00Z'`,
  lesson_hour: `cohort_id = 1 and hour >= '2026-01-05T08:00:00Z'`,
  classroom_hour: `classroom_id = 1 and hour >= '2026-01-05T08:00:00Z'`,
  student_day: `student_id < 126 and day = '2026-01-05' and late_hours = 0`,
  lesson_views: `student_id < 126 and received_at < '2026-01-06T08:00:00Z'`,
};

describe('a change of one in one row of a roll-up', () => {
  let world: World;
  let run: string;
  beforeAll(async () => {
    world = await World.create();
    const events = randomSessions(21, '2026-01-05T08:00:00Z', 23, 100);
    await world.receive(events, '2025-12-31T00:00:00Z', '2026-01-08T00:00:00Z');
    await world.rollUp();
    run = await world.compute(LOS_ANGELES, DAY, CUT);
    expect(await world.value('select analytics.check_day($1)', [run])).toBe(0);
  });
  afterAll(() => world.drop());

  it.each(TABLES)('is found in every column of %s', async (table) => {
    const columns = await world.rows<{ name: string; type: string }>(
      `select attname as name, atttypid::regtype::text as type from pg_attribute
       where attrelid = $1::regclass and attnum > 0 and not attisdropped order by attnum`,
      [`analytics.${table}`],
    );
    const missed: string[] = [];
    for (const { name, type } of columns) {
      for (const sign of ['+', '-']) {
        const step = type === 'timestamp with time zone' ? `interval '1 ms'` : '1';
        const found = await checksAfter(
          `update analytics.${table} set ${name} = ${name} ${sign} ${step} where ctid = (select ctid from analytics.${table} where ${PLACE[table]} order by 1 desc limit 1)`,
        );
        if (found === 0) missed.push(`${name} ${sign}1`);
      }
    }
    expect(missed).toEqual([]);
  });

  it.each(TABLES)('or a row that is gone, is found in %s', async (table) => {
    expect(
      await checksAfter(
        `delete from analytics.${table} where ctid = (select ctid from analytics.${table} where ${PLACE[table]} limit 1)`,
      ),
    ).toBeGreaterThan(0);
  });

  it('is found when rows of a lesson are counted for another', async () => {
    const failed = await checksAfter(
      `update analytics.lesson_hour set lesson_id = 4 where ctid = (select ctid from analytics.lesson_hour where ${PLACE.lesson_hour} limit 1)`,
    );
    expect(failed).toBe(1);
  });

  /** Number of failed checks with the damage done; a damage that a constraint refuses counts as found. */
  const checksAfter = async (damage: string): Promise<number> => {
    const client = world.superuser;
    await client.query('begin');
    try {
      const { rowCount } = await client.query(damage);
      expect(rowCount).toBe(1);
      const { rows } = await client.query<{ failed: number }>('select analytics.check_day($1) as failed', [run]);
      return rows[0].failed;
    } catch (error) {
      // Check constraint, primary key.
      if (['23514', '23505'].includes((error as { code?: string }).code ?? '')) return 1;
      throw error;
    } finally {
      await client.query('rollback');
    }
  };
});
