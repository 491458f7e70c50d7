import type { Client } from 'pg';
import { buildDashboards } from '../../dashboards';
import { panelContext, runPanel } from '../../local/page/data/dashboard-data';
import { DashboardDatabase, type Cell } from '../../local/page/data/database';
import { zoneOffsetMs } from '../../local/page/data/time-range';
import type { TestDatabase } from '../support/database';
import { createFilledDatabase, NOW } from './support/filled-database';

const dashboards = buildDashboards({ minimumGroup: 2 });
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Each case changes the database in its own way, in a cohort of its own or after those that it could disturb. */
describe('panels at the edges of what there is', () => {
  let filled: TestDatabase;
  let database: DashboardDatabase;
  let superuser: Client;
  beforeAll(async () => {
    filled = await createFilledDatabase('edges');
    database = new DashboardDatabase({ educator: filled.url('educator'), admin: filled.url('admin') }, (error) => {
      throw error;
    });
    superuser = await filled.connect('superuser');
  }, 300_000);
  afterAll(async () => {
    await database?.close();
    await filled?.drop();
  });

  interface Subject {
    readonly cohort: number;
    readonly classroom: number;
    readonly student?: number;
    readonly lesson?: number;
  }

  /** Rows of a panel by the names of their columns. */
  async function rowsOf(name: string, subject: Subject, to: Date, days = 14): Promise<Record<string, Cell>[]> {
    const [uid, key] = name.split('/');
    const panel = dashboards.find((d) => d.uid === uid)!.panels.find((p) => p.key === key)!;
    const variables = Object.fromEntries(Object.entries(subject).map(([variable, value]) => [variable, `${value}`]));
    const range = { from: new Date(to.getTime() - days * DAY), to };
    const [frame] = await runPanel(database, panel, panelContext(panel, range, true, variables));
    return frame.rows.map((row) => Object.fromEntries(frame.columns.map((column, i) => [column.name, row[i]])));
  }

  async function one<T>(sql: string, values: unknown[] = []): Promise<T> {
    const { rows } = await superuser.query<T & object>(sql, values);
    return rows[0];
  }

  /** The last classroom of a cohort. */
  const classOf = async (cohort: number): Promise<Subject> => {
    const query = 'select max(classroom_id)::int as classroom from edtech.classrooms where cohort_id = $1';
    return { cohort, ...(await one<{ classroom: number }>(query, [cohort])) };
  };

  it('a stream of less than 14 days has active days too', async () => {
    const subject = await classOf(1);
    const { student, first } = await one<{ student: number; first: Date }>(
      `select s.student_id as student, min(d.starts_at) as first from analytics.student_day s
       join edtech.school_days d on d.cohort_id = 1 and d.day = s.day
       where s.student_id / 63 = $1 and s.active_hours <> 0 group by 1 order by count(*) desc limit 1`,
      [subject.classroom],
    );
    const { begins } = await one<{ begins: Date }>(
      'select min(starts_at) as begins from edtech.school_days where cohort_id = 1',
    );
    expect(first.getTime()).toBeLessThan(begins.getTime() + 5 * DAY);
    const [{ active_days }] = await rowsOf(
      'edu-student/seen',
      { ...subject, student },
      new Date(begins.getTime() + 6 * DAY),
    );
    expect(active_days).toBeGreaterThan(0);
  });

  it('a student who left at risk is not one whose risk is resolved', async () => {
    const subject = await classOf(2);
    const { day } = await one<{ day: string }>(
      'select max(day)::text as day from analytics.at_risk where cohort_id = 2',
    );
    const before = await rowsOf('edu-risk/change', subject, NOW);
    // Leaves on the last day, and was at risk a week before.
    const left = await superuser.query(
      `delete from analytics.at_risk where cohort_id = 2 and day = $1 and student_id = (
         select student_id from analytics.at_risk where cohort_id = 2 and day in ($1, $1::date - 7) and student_id / 63 = $2
         group by 1 having max(level) < 2 and count(*) = 2 order by 1 limit 1) returning student_id`,
      [day, subject.classroom],
    );
    const { student_id } = left.rows[0] as { student_id: number };
    await superuser.query(
      `update analytics.at_risk set level = 2 where cohort_id = 2 and day = $1::date - 7 and student_id = $2`,
      [day, student_id],
    );
    expect(await rowsOf('edu-risk/change', subject, NOW)).toEqual(before);
  });

  it('a day that is published and not yet assessed does not say that nobody shows a sign', async () => {
    const subject = await classOf(3);
    const shown = await rowsOf('edu-risk/excluded', subject, NOW);
    const list = await rowsOf('edu-risk/list', subject, NOW);
    expect(list.length).toBeGreaterThan(0);
    await superuser.query(
      `delete from analytics.at_risk where cohort_id = 3 and day = (select max(day) from analytics.at_risk where cohort_id = 3)`,
    );
    const [attention] = await rowsOf('edu-class/attention', subject, NOW);
    const [excluded] = await rowsOf('edu-risk/excluded', subject, NOW);
    expect(attention.assessed).toBeGreaterThan(0);
    expect(attention.day).toBe(excluded.day);
    expect(excluded.day).not.toBe(shown[0].day);
    expect((await rowsOf('edu-risk/list', subject, NOW)).length).toBeGreaterThan(0);
  });

  it('a figure that was restated twice goes from the first to the last', async () => {
    const { run_id, day } = await one<{ run_id: string; day: string }>(
      `select run_id, day::text as day from analytics.runs where cohort_id = 4 and status = 'published' order by day desc limit 1`,
    );
    for (const [before, after] of [
      [100, 250],
      [250, 400],
    ]) {
      await superuser.query(
        `insert into analytics.restatements (run_id, cohort_id, day, table_name, metric, old_value, new_value) values ($1, 4, $2, 'cohort_day', 'test', $3, $4)`,
        [run_id, day, before, after],
      );
    }
    const rows = await rowsOf('ops-pipeline/restatements', await classOf(4), NOW);
    expect(rows.filter(({ figure }) => figure === 'cohort_day.test')).toEqual([
      expect.objectContaining({ day, times: 2, old_value: 100, new_value: 400 }),
    ]);
  });

  it('a figure whose restatements an erasure has emptied shows those that came after it', async () => {
    // A day of its own: fifty figures are shown at most.
    await superuser.query(
      `insert into analytics.restatements (run_id, cohort_id, day, table_name, metric, old_value, new_value)
       select (select min(run_id) from analytics.runs), 4, '2020-01-01', 'cohort_day', v.* from (values
         ('later', null, null), ('later', 250, 400), ('before', 100, 250), ('before', null, null), ('emptied', null, null)) v`,
    );
    const rows = await rowsOf('ops-pipeline/restatements', await classOf(4), new Date('2020-01-02T00:00:00Z'));
    expect(rows.map(({ figure, times, old_value, new_value }) => [figure, times, old_value, new_value])).toEqual([
      ['cohort_day.before', 2, 100, 250],
      ['cohort_day.later', 2, 250, 400],
      ['cohort_day.emptied', 1, null, null],
    ]);
  });

  describe('the banner', () => {
    const daily = async (to: Date): Promise<Cell> =>
      (await rowsOf('edu-class/banner', await classOf(4), to, 7))[0].daily;
    let days: { day: string; ends_at: Date }[];
    beforeAll(async () => {
      const { rows } = await superuser.query<{ day: string; ends_at: Date }>(
        `select d.day::text as day, d.ends_at from analytics.runs r join edtech.school_days d using (cohort_id, day)
         where r.cohort_id = 4 and r.status = 'published' order by d.day desc limit 4`,
      );
      days = rows;
    });
    const unpublish = async (day: string): Promise<void> => {
      await superuser.query(
        `update analytics.runs set status = 'superseded' where cohort_id = 4 and day = $1 and status = 'published'`,
        [day],
      );
    };

    it('counts the days of the range that are not published', async () => {
      expect(await daily(NOW)).toMatch(/^✓ to /);
      await unpublish(days[2].day);
      expect(await daily(NOW)).toMatch(/^⚠ days of the range not published: 1, to /);
    });

    it('says at night, too, that the day before yesterday is late', async () => {
      await unpublish(days[0].day);
      await unpublish(days[1].day);
      expect(await daily(new Date(days[0].ends_at.getTime() + 2 * HOUR))).toMatch(/^⚠ the next day is late, to /);
    });
  });

  it('a share of nothing is no share', async () => {
    const subject = await classOf(3);
    const day = '(select max(day) from edtech.school_days where cohort_id = 3 and ends_at <= $1)';
    await superuser.query(`insert into analytics.at_risk_outcome values (3, ${day}, 0, 0, 20, 5)`, [NOW]);
    expect(await rowsOf('edu-risk/quality', subject, NOW)).toEqual([{ precision: null, recall: 0, base_rate: 0.2 }]);
    // An erasure leaves the minute of its student's only events with none.
    const minute = new Date(NOW.getTime() + HOUR);
    const nothing = Array.from({ length: 17 }, () => 0).join(', ');
    await superuser.query(`insert into analytics.minute values ($1, 3, ${nothing})`, [minute]);
    expect(await rowsOf('ops-pipeline/late', subject, new Date(minute.getTime() + 60_000), 1 / 48)).toEqual([
      { time: minute.getTime(), late: null },
    ]);
  });

  it('enrolment and withdrawal are not being seen', async () => {
    const subject = await classOf(2);
    const { student, seen } = await one<{ student: number; seen: string }>(
      `select s.student_id as student, to_char(max(s.last_event_at) at time zone c.time_zone, 'Dy DD Mon HH24:MI') as seen
       from analytics.student_day s join analytics.at_risk a using (student_id) join edtech.cohorts c using (cohort_id)
       where a.cohort_id = 2 and a.day = (select max(day) from analytics.at_risk where cohort_id = 2) and a.level > 0
         and s.student_id / 63 = $1 and s.active_hours <> 0
       group by 1, c.time_zone order by max(s.last_event_at) limit 1`,
      [subject.classroom],
    );
    const shown = async (): Promise<Cell[]> => {
      const list = await rowsOf('edu-risk/list', subject, NOW);
      const [own] = await rowsOf('edu-student/seen', { ...subject, student }, NOW);
      return [list.find(({ student_id }) => student_id === student)!.last_seen, own.last_seen];
    };
    expect(await shown()).toEqual([seen, seen]);
    await superuser.query(
      `insert into analytics.student_day select $1, d.day, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, d.ends_at - interval '1 hour', d.ends_at - interval '1 hour'
       from edtech.school_days d where d.cohort_id = 2 and d.day = (select max(day) from analytics.at_risk where cohort_id = 2)
       on conflict (student_id, day, late_hours) do nothing`,
      [student],
    );
    expect(await shown()).toEqual([seen, seen]);
  });

  it('the first week of who joined and who left is a whole one', async () => {
    const subject = await classOf(4);
    const { monday, joined } = await one<{ monday: string; joined: number }>(
      `select date_trunc('week', p.day::timestamp)::date::text as monday, sum(p.enrolments + p.withdrawals)::int as joined
       from analytics.cohort_day p where p.cohort_id = 4 group by 1 having count(*) = 7 order by 1 limit 1`,
    );
    await superuser.query(
      'update analytics.cohort_day set enrolments = enrolments + 5 where cohort_id = 4 and day = $1',
      [monday],
    );
    // From the Thursday of that week on.
    const to = new Date(Date.parse(`${monday}T12:00:00Z`) + 13 * DAY);
    const rows = await rowsOf('edu-cohort/enrolment', subject, to, 10);
    expect(rows).toHaveLength(2);
    expect(rows[0].time).toBe(Date.parse(`${monday}T12:00:00Z`));
    expect(Number(rows[0].enrolments) + Number(rows[0].withdrawals)).toBe(joined + 5);
  });

  it('the rate ends with the last bar of which everything is counted, and begins with the first whole one', async () => {
    const subject = await classOf(1);
    const sumOf = (row: Record<string, Cell>): number =>
      Object.entries(row).reduce((sum, [name, value]) => (name === 'time' ? sum : sum + Number(value)), 0);
    const to = new Date(NOW.getTime() + 30_000);
    const rate = () => rowsOf('ops-pipeline/rate', subject, to, 1);
    const width = 240_000;
    const all = await rate();
    expect(Number(all[1].time) - Number(all[0].time)).toBe(width);
    expect(Number(all[0].time)).toBeGreaterThanOrEqual(to.getTime() - DAY);
    expect(Number(all.at(-1)!.time) + width).toBeLessThanOrEqual(NOW.getTime());
    const { events } = await one<{ events: number }>(
      'select sum(events)::int as events from analytics.minute where minute >= $1 and minute < $2',
      [new Date(Number(all[0].time)), new Date(Number(all.at(-1)!.time) + width)],
    );
    expect(Math.round(all.reduce((sum, row) => sum + sumOf(row), 0) * (width / 1_000))).toBe(events);

    const { watermark } = await one<{ watermark: Date }>('select watermark from ingest.shards where shard = 7');
    const late = new Date(NOW.getTime() - 10 * 60_000);
    await superuser.query('update ingest.shards set watermark = $1 where shard = 7', [late]);
    const ends = async (): Promise<number> => Number((await rate()).at(-1)!.time) + width;
    expect(await ends()).toBeLessThanOrEqual(late.getTime());
    expect(await ends()).toBeGreaterThan(late.getTime() - width);
    await superuser.query('update ingest.shards set watermark = $1 where shard = 7', [watermark]);
    expect(await rate()).toEqual(all);

    // A tick that is stored and not rolled up yet.
    const pending = new Date(NOW.getTime() - 20 * 60_000);
    await superuser.query(
      `insert into ingest.batches (replica, kind, shard_mask, received_from, received_to, utc_day, min_occurred_at, max_occurred_at, events)
       values ('test', 'live', 1, $1, $2, $3, $1, $2, 1)`,
      [pending, new Date(pending.getTime() + 5_000), pending.toISOString().slice(0, 10)],
    );
    expect(await ends()).toBeLessThanOrEqual(pending.getTime());
    await superuser.query(`delete from ingest.batches where replica = 'test'`);
  });

  it('ledger and roll-ups differ where one day has too many events and another too few, or a day is in the roll-ups only', async () => {
    const subject = await classOf(1);
    const to = new Date(NOW.getTime() + 2 * DAY);
    const differing = async (): Promise<Cell> => (await rowsOf('ops-pipeline/equality', subject, to, 6))[0].difference;
    const { minute, moved } = await one<{ minute: Date; moved: number }>(
      `select minute, events::int as moved from analytics.minute
       where cohort_id = 1 and events > 0 and minute < $1::timestamptz - interval '1 day' order by minute desc limit 1`,
      [NOW],
    );
    expect(await differing()).toBe(0);
    const move = (to: Date, cohort: number): Promise<unknown> =>
      superuser.query(
        `update analytics.minute set minute = $1, cohort_id = $2
         where (cohort_id, minute) = (1, $3) or cohort_id = 0`,
        [to, cohort, minute],
      );
    // To the next day of the ledger and to one that it knows nothing of; of a cohort 0, since the others may have the minute.
    for (const days of [1, 3]) {
      await move(new Date(minute.getTime() + days * DAY), 0);
      expect(await differing()).toBe(2 * moved);
    }
    await move(minute, 1);
    expect(await differing()).toBe(0);
  });

  it('repeat views of one student only are not drawn', async () => {
    const { lesson, student, other } = await one<{ lesson: number; student: number; other: number }>(
      `select lesson_id as lesson, min(student_id) as student, max(student_id) as other from analytics.student_lesson_day
       where cohort_id = 2 group by 1 order by count(distinct student_id) desc, 1 limit 1`,
    );
    const subject = { ...(await classOf(2)), lesson };
    const where = `cohort_id = 2 and lesson_id = ${lesson}`;
    const repeat = (id: number) =>
      superuser.query(`update analytics.student_lesson_day set repeat_views = 3 where ${where} and student_id = $1`, [
        id,
      ]);
    await superuser.query(`update analytics.student_lesson_day set repeat_views = 0 where ${where}`);
    await repeat(student);
    await superuser.query(`update analytics.lesson_day set repeat_views = 3 where ${where}`);
    await superuser.query(`update analytics.lesson_dropoff set repeat_reached = 2 where ${where}`);
    const drawn = async (column: string): Promise<number> =>
      (await rowsOf('edu-lesson/drop-off', subject, NOW, 28)).filter((row) => row[column] !== null).length;
    expect([await drawn('first'), await drawn('repeats')]).toEqual([20, 0]);
    await repeat(other);
    expect([await drawn('first'), await drawn('repeats')]).toEqual([20, 20]);
  });

  it('a cohort that completes nearly all views has neither its share nor an interval that would tell it', async () => {
    const subject = await classOf(2);
    const ofCohort = async (): Promise<Record<string, Cell>> => {
      const { name } = await one<{ name: string }>('select name from edtech.cohorts where cohort_id = 2');
      return (await rowsOf('edu-cohort/completion', subject, NOW)).find(({ cohort }) => cohort === name)!;
    };
    expect((await ofCohort()).low).toBeLessThan(Number((await ofCohort()).share));
    await superuser.query(
      'update analytics.cohort_day set completions = first_views + repeat_views - 1 where cohort_id = 2 and first_views > 0',
    );
    expect(await ofCohort()).toMatchObject({ share: 0.95, low: null, high: null });
  });

  it('an hour is compared with the same hour of the clock across a change of the clocks', async () => {
    const { cohort } = await one<{ cohort: number }>(
      `select cohort_id::int as cohort from edtech.cohorts where time_zone = 'America/Los_Angeles'`,
    );
    const subject = await classOf(cohort);
    await superuser.query('delete from analytics.classroom_hour where classroom_id = $1', [subject.classroom]);
    for (const [day, starts, ends] of [
      ['2026-03-01', '2026-03-01T08:00:00Z', '2026-03-02T08:00:00Z'],
      ['2026-03-08', '2026-03-08T08:00:00Z', '2026-03-09T07:00:00Z'],
      ['2026-03-15', '2026-03-15T07:00:00Z', '2026-03-16T07:00:00Z'],
    ])
      await superuser.query(
        `insert into edtech.school_days values ($1, $2, $3, $4, 'school_day') on conflict (cohort_id, day) do update set kind = excluded.kind`,
        [cohort, day, starts, ends],
      );
    /** Hours of the day that `to` ends in whose usual is not none, where three students were active in one hour. */
    const usualAfter = async (hour: string, to: string): Promise<(string | number)[][]> => {
      await superuser.query(
        `insert into analytics.classroom_hour (classroom_id, hour, active_mask, events, sessions, views, completions, abandons,
           buffered_views, watched_seconds, stalled_ms, startup_ms, late_events) values ($1, $2, 7, 9, 3, 5, 4, 1, 0, 60, 0, 0, 0)`,
        [subject.classroom, hour],
      );
      const rows = await rowsOf('edu-class/usual', subject, new Date(to));
      await superuser.query('delete from analytics.classroom_hour where classroom_id = $1', [subject.classroom]);
      return rows
        .filter(({ usual }) => Number(usual) > 0)
        .map(({ time, usual }) => [new Date(Number(time)).toISOString(), Number(usual)]);
    };
    // Ten o'clock of a Sunday with 24 hours, seen on the one with 23, and of that one, seen a week later.
    expect(await usualAfter('2026-03-01T18:00:00Z', '2026-03-08T22:00:00Z')).toEqual([['2026-03-08T17:00:00.000Z', 3]]);
    expect(await usualAfter('2026-03-08T17:00:00Z', '2026-03-15T22:00:00Z')).toEqual([['2026-03-15T17:00:00.000Z', 3]]);
  });

  it('a range that ends in the future shows this day and hour, not those of its end', async () => {
    const subject = await classOf(1);
    const { zone } = await one<{ zone: string }>('select time_zone as zone from edtech.cohorts where cohort_id = 1');
    const now = Date.now();
    const local = new Date(now + zoneOffsetMs(new Date(now), zone));
    // Days around the clock, which need not begin at midnight: whatever they are, SQL reads them from the calendar.
    for (const [offset, kind] of [
      [-1, 'school_day'],
      [0, 'school_day'],
      [1, 'school_day'],
      [2, 'school_day'],
    ] as const) {
      const starts = now - 6 * HOUR + offset * DAY;
      await superuser.query('insert into edtech.school_days values (1, $1, $2, $3, $4)', [
        new Date(local.getTime() + offset * DAY).toISOString().slice(0, 10),
        new Date(starts),
        new Date(starts + DAY),
        kind,
      ]);
    }
    await superuser.query(
      `insert into analytics.classroom_hour (classroom_id, hour, active_mask, events, sessions, views, completions, abandons,
         buffered_views, watched_seconds, stalled_ms, startup_ms, late_events) values ($1, $2, 7, 9, 3, 5, 4, 1, 0, 60, 0, 0, 0)`,
      [subject.classroom, new Date(now - 2 * HOUR)],
    );
    const future = new Date(now + 36 * HOUR);
    expect((await rowsOf('edu-class/active', subject, future))[0].active_today).toBe(3);
    expect(await rowsOf('edu-class/completions', subject, future)).toEqual([{ completions: 4, views: 5 }]);
    const hours = await rowsOf('edu-class/usual', subject, future);
    expect(hours.filter(({ today }) => today !== null)).toHaveLength(7);
    expect(hours.filter(({ today }) => today === 3)).toHaveLength(1);
  });
});
