import type { Client } from 'pg';
import { answerKeyExitCode, runAnswerKey, type AnswerKeyResult } from '../../simulator/src/proof/answer-key';
import * as tables from '../../simulator/src/proof/answers/tables';
import { createTestDatabase, databaseAt, type TestDatabase } from '../support/database';
import { loadStream } from './support/load';
import { columnsOf, dropRules, nudged } from './support/mutation';
import { publishDays } from './support/publish';
import { smallStream } from './support/small-stream';

// Many comparisons of a whole database: a busy machine needs minutes.
jest.setTimeout(180_000);

const SPECS = Object.values(tables).filter((value): value is tables.TableSpec => typeof value === 'object');

let database: TestDatabase;
let admin: Client;
beforeAll(async () => {
  database = await createTestDatabase();
  admin = await database.connect('superuser');
  await loadStream(admin, [smallStream('2026-03-02', 120)], Date.UTC(2026, 2, 4, 16, 0));
  await publishDays(await database.connect('analytics'));
  await dropRules(admin, 'analytics');
});
afterAll(() => database.drop());

const answer = (): Promise<AnswerKeyResult> =>
  runAnswerKey({ database: databaseAt(database.url('simulator')), maxListed: 1_000 });

/** Runs `check` on a table that is put back afterwards. */
async function onCopy(table: string, check: () => Promise<void>): Promise<void> {
  await admin.query(`create temp table saved as select * from ${table}`);
  try {
    await check();
  } finally {
    await admin.query(`truncate ${table}; insert into ${table} select * from saved; drop table saved`);
  }
}

/** Physical rows of a table in the order of its keys. */
async function rowsOf({ name, keys }: tables.TableSpec): Promise<string[]> {
  const order = keys.map(([key]) => key).join(', ');
  const { rows } = await admin.query<{ ctid: string }>(`select ctid::text from analytics.${name} order by ${order}`);
  return rows.map(({ ctid }) => ctid);
}

it('is content before anything is changed', async () => {
  const result = await answer();
  expect([result.different, answerKeyExitCode(result)]).toEqual([0, 0]);
  expect(Object.keys(result.tables).sort()).toEqual(SPECS.map(({ name }) => name).sort());
});

it.each(SPECS.map((spec) => [spec.name, spec] as const))(
  'checks every column of %s',
  async (name, { keys, columns }) => {
    // An event id is both: rows are found by its instant and compared by the whole of it.
    const compared = new Set([...keys, ...columns].map(([column]) => column));
    expect([...compared].sort()).toEqual(
      (await columnsOf(admin, `analytics.${name}`)).map(({ column }) => column).sort(),
    );
  },
);

it.each(SPECS.map((spec) => [spec.name, spec] as const))(
  'names every column of %s that is off by one',
  async (name, spec) => {
    const types = new Map((await columnsOf(admin, `analytics.${name}`)).map(({ column, type }) => [column, type]));
    const columns = spec.columns.map(([column]) => column);
    await onCopy(`analytics.${name}`, async () => {
      const rows = await rowsOf(spec);
      // Each column in a row of its own where there are enough of them; one statement, since an update moves the row.
      const place = new Map(columns.map((column, index) => [column, rows[index % rows.length]]));
      const changes = columns.map((column) => {
        const value = nudged(`t.${column}`, types.get(column) ?? 'missing');
        return `${column} = case when t.ctid = '${place.get(column)}' then ${value} else t.${column} end`;
      });
      await admin.query(`update analytics.${name} t set ${changes.join(', ')}`);
      const result = await answer();
      expect(answerKeyExitCode(result)).toBe(1);
      expect(result.differences.map(({ table, kind, column }) => [table, kind, column].join(' ')).sort()).toEqual(
        columns.map((column) => `${name} value ${column}`).sort(),
      );
      expect(result.different).toBe(new Set(place.values()).size);
    });
  },
);

it.each(SPECS.map((spec) => [spec.name, spec] as const))(
  'misses the rows of %s whose key is off by one',
  async (name, spec) => {
    const types = new Map((await columnsOf(admin, `analytics.${name}`)).map(({ column, type }) => [column, type]));
    const rows = await rowsOf(spec);
    await onCopy(`analytics.${name}`, async () => {
      const keys = spec.keys.map(([key]) => key).filter((key) => key !== 'event_id');
      // Far enough apart that no row moves to the place of another one that moves.
      const place = (index: number): string => rows[Math.floor((index * rows.length) / keys.length)];
      const changes = keys.map((key, index) => {
        const value = nudged(`t.${key}`, types.get(key) ?? 'missing');
        return `${key} = case when t.ctid = '${place(index)}' then ${value} else t.${key} end`;
      });
      await admin.query(`update analytics.${name} t set ${changes.join(', ')}`);
      const result = await answer();
      const missing = result.differences.filter(({ kind }) => kind === 'missing');
      expect(missing.map(({ table }) => table)).toEqual(keys.map(() => name));
      expect(answerKeyExitCode(result)).toBe(1);
    });
  },
);

it.each(SPECS.map((spec) => [spec.name, spec] as const))(
  'finds a deleted and a doubled row of %s',
  async (name, spec) => {
    await onCopy(`analytics.${name}`, async () => {
      const rows = await rowsOf(spec);
      await admin.query(`insert into analytics.${name} select * from analytics.${name} where ctid = $1`, [rows[0]]);
      if (rows.length > 1) await admin.query(`delete from analytics.${name} where ctid = $1`, [rows[1]]);
      const { differences } = await answer();
      const expected = rows.length > 1 ? ['missing', 'unexpected'] : ['unexpected'];
      expect(differences.map(({ kind, table }) => `${table} ${kind}`).sort()).toEqual(
        expected.map((kind) => `${name} ${kind}`),
      );
    });
  },
);
