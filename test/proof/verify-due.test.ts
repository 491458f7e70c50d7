import type { Client } from 'pg';
import { main } from '../../simulator/src/main';
import { formatDay, parseDay } from '../../simulator/src/model/day';
import { firstDueDay } from '../../simulator/src/proof/verification/due';
import { runVerify, verifyExitCode, type VerifyResult } from '../../simulator/src/proof/verify';
import { createTestDatabase, databaseAt, type TestDatabase } from '../support/database';
import { loadStream } from './support/load';
import { smallStream } from './support/small-stream';

jest.setTimeout(180_000);

const UNTIL = Date.UTC(2026, 2, 4, 7, 30);
const DAYS = ['2026-03-01', '2026-03-02', '2026-03-03', '2026-03-04'];

let database: TestDatabase;
let admin: Client;

beforeAll(async () => {
  database = await createTestDatabase();
  admin = await database.connect('superuser');
  await loadStream(admin, [smallStream('2026-03-02', 120)], UNTIL);
});
afterAll(() => database.drop());

const verifyDue = (): Promise<VerifyResult> =>
  runVerify({ database: databaseAt(database.url('simulator')), due: true, record: true });
const daysOf = ({ days }: VerifyResult): string[] => days.map(({ day }) => day);
const due = async (): Promise<string | undefined> => {
  const day = await firstDueDay(admin);
  return day === undefined ? undefined : formatDay(day);
};
/** What the ledger or a log of operations says, until `work` is done. */
async function withChange(change: string, work: () => Promise<void>): Promise<void> {
  await admin.query('begin');
  try {
    await admin.query(change);
    await work();
  } finally {
    await admin.query('rollback');
  }
}

it('begins with the first day of all, and then with the last one while nothing comes', async () => {
  const first = await verifyDue();
  expect(daysOf(first)).toEqual(DAYS);
  expect(verifyExitCode(first)).toBe(0);
  const second = await verifyDue();
  expect(daysOf(second)).toEqual(DAYS.slice(-1));
  expect(second.compared).toBeGreaterThan(0);
});

it('looks no further than the last day that is asked for', async () => {
  const until = { database: databaseAt(database.url('simulator')), due: true };
  expect(daysOf(await runVerify({ ...until, to: parseDay('2026-03-02') }))).toEqual(['2026-03-02']);
  await withChange(`delete from ops.verifications where utc_day = '2026-03-02'`, async () => {
    const day = await firstDueDay(admin, parseDay('2026-03-03'));
    expect(day).toBe(parseDay('2026-03-02'));
  });
});

it('days before the stream are refused with the exit code of a bad configuration', async () => {
  const said = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    const environment = { DATABASE_URL: database.url('simulator') };
    for (const command of [['verify', '--due'], ['verify'], ['answer-key']])
      expect(await main([...command, '--to', '2026-02-01'], environment)).toBe(2);
    expect(said.mock.calls.flat().join('')).toMatch(
      /^(.* from 2026-03-01 to 2026-02-01: the first day must not be after the last\n){3}$/,
    );
  } finally {
    said.mockRestore();
  }
});

it.each([
  ['rows that came since', `update ingest.batches set events = events + 1 where utc_day = '2026-03-02'`],
  ['an erasure', `insert into ops.erased_events values ('2026-03-02', 1)`],
  ['a difference', `update ops.verifications set ok = false where utc_day = '2026-03-02'`],
  ['a night without a run', `delete from ops.verifications where utc_day = '2026-03-02'`],
])('%s make a day due again', async (_, change) => {
  await withChange(change, async () => expect(await due()).toBe('2026-03-02'));
});

it('a ledger that was pruned says the same, and a dropped day is not due', async () => {
  const pruned = `with gone as (delete from ingest.batches where utc_day is not null returning utc_day, events)
    insert into ingest.pruned_batches (utc_day, batches, events) select utc_day, count(*), sum(events) from gone group by utc_day`;
  await withChange(pruned, async () => expect(await due()).toBe('2026-03-04'));
  await withChange('delete from ops.verifications', async () => {
    await admin.query(`insert into ops.dropped_partitions (utc_day, events, checksum)
      select day::date, 1, 1 from generate_series(date '2026-03-01', '2026-03-02', '1 day') day`);
    expect(await due()).toBe('2026-03-03');
  });
});

it('knows of no day while nothing is stored', async () => {
  await withChange('delete from ingest.batches', async () => expect(await due()).toBeUndefined());
});

it('a day that erasures have emptied is due once, and days with an empty partition are recorded like all others', async () => {
  await verifyDue();
  await admin.query(`select ops.ensure_partitions('2026-03-06', '2026-03-06')`);
  const { rows: students } = await admin.query<{ id: number }>(
    `select distinct student_id as id from edtech.streaming_logs where occurred_at < '2026-03-02Z'`,
  );
  expect(students.length).toBeGreaterThan(0);
  for (const { id } of students) await admin.query(`select ops.forget_student($1, 'request of the guardian')`, [id]);
  expect(await due()).toBe('2026-03-01');
  expect(verifyExitCode(await verifyDue())).toBe(0);
  expect(await due()).toBe('2026-03-04');
  const { rows: recorded } = await admin.query(
    `select utc_day::text as day, events > 0 as filled, checksum <> 0 as summed, ok from ops.verifications order by 1`,
  );
  const filled = ['2026-03-02', '2026-03-03', '2026-03-04'].map((day) => ({
    day,
    filled: true,
    summed: true,
    ok: true,
  }));
  const empty = (day: string): unknown => ({ day, filled: false, summed: false, ok: true });
  // The 5th has no partition.
  expect(recorded).toEqual([empty('2026-03-01'), ...filled, empty('2026-03-06')]);
});

it('a first day beside it is refused', async () => {
  const both = runVerify({ database: databaseAt(database.url('simulator')), due: true, from: parseDay('2026-03-02') });
  await expect(both).rejects.toThrow('finds its first day itself');
});
