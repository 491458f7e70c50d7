import { Client } from 'pg';
import { backfill } from '../../simulator/src/ingest/backfill';
import { streamOrigin } from '../../simulator/src/ingest/stream-versions';
import { DAY_MS, formatDay, HOUR_MS } from '../../simulator/src/model/day';
import type { BenchContext } from '../context';
import { alternate, figure, median, ratioFigure, type Figure } from '../pairs';
import { RollUpLoop } from '../roll-up-loop';
import type { BenchDatabase } from '../server';
import { simulatorConfig, stageStream } from '../stage';

const STUDENTS = 10_000;
const HISTORY_DAYS = 30;
/** The local day that is computed, a Tuesday of a term week. */
const DAY = Math.floor(Date.parse('2026-03-03T00:00:00Z') / DAY_MS);
/** Every cohort's first cut has passed: 4 h after the day's end in the west of America. */
const UNTIL = (DAY + 1) * DAY_MS + 12 * HOUR_MS;
/** Before the day begins anywhere. */
const SINCE = DAY * DAY_MS - 15 * HOUR_MS;

/** As many cohorts at once as Airflow has tasks at work on two cores. */
const SESSIONS = 2;

/** What one day of all cohorts took, in seconds per million events of the day. */
interface DayCost {
  /** By the clock, from the first call to the last answer. */
  readonly daily: number;
  /** Sum of all calls. */
  readonly inCalls: number;
  /** Sum of all calls. */
  readonly risk: number;
}

/** What the daily functions cost, and whether that grows with the history. */
export async function analytics({ server, rounds, say }: BenchContext): Promise<Figure[]> {
  say(`analytics: loading ${HISTORY_DAYS} days of ${STUDENTS} students, and the last of them alone`);
  const long = await server.createDatabase('bench_analytics_long');
  await stageStream(long, {
    students: STUDENTS,
    at: UNTIL,
    historyDays: HISTORY_DAYS,
    watermark: streamOrigin(Math.floor(UNTIL / DAY_MS) - HISTORY_DAYS),
  });
  await load(long);
  const short = await server.createDatabase('bench_analytics_short');
  await stageStream(short, { students: STUDENTS, at: UNTIL, historyDays: HISTORY_DAYS, watermark: SINCE });
  await load(short);
  const databases = { long, short };
  const sessions = (database: BenchDatabase): Promise<Client[]> =>
    Promise.all(Array.from({ length: SESSIONS }, () => connect(database)));
  const clients = { long: await sessions(long), short: await sessions(short) };
  const costs: Record<'long' | 'short', DayCost[]> = { long: [], short: [] };
  const measure = (which: 'long' | 'short') => async (): Promise<number> => {
    await unpublish(databases[which]);
    const cost = await computeDay(clients[which]);
    costs[which].push(cost);
    return cost.daily;
  };
  // Not timed: the first run of each reads its tables from disk.
  await computeDay(clients.long);
  await computeDay(clients.short);
  say(`analytics: ${rounds} rounds of ${formatDay(DAY)}, all cohorts`);
  const daily = await alternate(rounds, { long: measure('long'), short: measure('short') });
  const risk = costs.long.map((cost) => cost.risk);
  const inCalls = costs.long.map((cost) => cost.inCalls);
  const events = await eventsOf(clients.long[0]);
  for (const client of Object.values(clients).flat()) await client.end();
  await server.dropDatabase(long);
  await server.dropDatabase(short);
  const size = { 'events of the day': events.toLocaleString('en') };
  return [
    figure(
      `daily functions (compute, check, publish), ${SESSIONS} cohorts at once`,
      's per million events',
      daily.long,
      { atMost: 5 },
      { ...size, 'sum of all calls': `${median(inCalls).toFixed(2)} s per million` },
    ),
    ratioFigure(
      `daily functions with ${HISTORY_DAYS} days of history / with 1 day`,
      daily.long,
      daily.short,
      { atMost: 1.5 },
      {
        [`${HISTORY_DAYS} days`]: `${median(daily.long).toFixed(2)} s per million`,
        '1 day': `${median(daily.short).toFixed(2)} s per million`,
      },
    ),
    figure('at-risk and windows', 's per million events', risk, { atMost: 2 }, size),
  ];
}

/** Loads what was received after the watermark by the bulk path, and rolls it up. */
async function load(database: BenchDatabase): Promise<void> {
  await backfill(simulatorConfig(database, STUDENTS, { INGEST_ROLL_UP: 'false' }), { to: UNTIL });
  const rollUp = await RollUpLoop.open(database);
  await rollUp.drain();
  await rollUp.close();
  await database.admin.query('vacuum (analyze)');
}

async function connect(database: BenchDatabase): Promise<Client> {
  const client = new Client({ connectionString: database.url('analytics') });
  await client.connect();
  return client;
}

/** Takes back what {@link computeDay} published: every round is a first run, as the daily job's is, and not a restatement. */
async function unpublish({ admin }: BenchDatabase): Promise<void> {
  await admin.query(`truncate analytics.student_lesson_day, analytics.lesson_day, analytics.lesson_dropoff, analytics.classroom_day,
    analytics.cohort_day, analytics.total_day, analytics.classroom_window, analytics.at_risk, analytics_stage.views, analytics.runs cascade`);
}

interface Cohort {
  readonly id: number;
  readonly cut: string;
}

/** Runs the functions in the order of the daily job: each session takes the next cohort until none is left. */
async function computeDay(clients: readonly Client[]): Promise<DayCost> {
  const { rows: cohorts } = await clients[0].query<Cohort>(
    'select cohort_id as id, analytics.first_cut(cohort_id, $1)::text as cut from edtech.cohorts order by 1',
    [formatDay(DAY)],
  );
  const waiting = [...cohorts];
  const published: string[] = [];
  let inCalls = 0;
  const started = performance.now();
  await Promise.all(
    clients.map(async (client) => {
      for (let cohort = waiting.shift(); cohort !== undefined; cohort = waiting.shift()) {
        const { run, seconds } = await publish(client, cohort);
        published.push(run);
        inCalls += seconds;
      }
    }),
  );
  const daily = (performance.now() - started) / 1000;
  let risk = 0;
  for (const run of published) risk += (await timed(clients[0], 'analytics.compute_risk($1)', [run])).seconds;
  const millions = (await eventsOf(clients[0])) / 1e6;
  return { daily: daily / millions, inCalls: inCalls / millions, risk: risk / millions };
}

/** @returns the run, and the seconds in its calls */
async function publish(client: Client, { id, cut }: Cohort): Promise<{ run: string; seconds: number }> {
  const run = await timed<string>(client, 'analytics.compute_day($1::smallint, $2::date, $3::timestamptz)', [
    id,
    formatDay(DAY),
    cut,
  ]);
  const checked = await timed<number>(client, 'analytics.check_day($1)', [run.value]);
  if (checked.value !== 0) throw new Error(`${checked.value} quality checks of cohort ${id} failed`);
  const published = await timed(client, 'analytics.publish_day($1)', [run.value]);
  return { run: run.value, seconds: run.seconds + checked.seconds + published.seconds };
}

async function timed<T>(client: Client, call: string, values: unknown[]): Promise<{ value: T; seconds: number }> {
  const start = performance.now();
  const { rows } = await client.query<{ value: T }>(`select ${call} as value`, values);
  return { value: rows[0].value, seconds: (performance.now() - start) / 1000 };
}

/** Events of the published day, all cohorts. @throws Error if there are none */
async function eventsOf(client: Client): Promise<number> {
  const { rows } = await client.query<{ events: number }>(
    `select coalesce(sum(events), 0)::float8 as events from analytics.runs where day = $1 and status = 'published'`,
    [formatDay(DAY)],
  );
  if (rows[0].events === 0) throw new Error(`no event of ${formatDay(DAY)} was published`);
  return rows[0].events;
}
