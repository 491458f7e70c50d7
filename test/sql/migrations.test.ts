import path from 'node:path';
import { Client } from 'pg';
import { migrate, readMigrations } from '../../simulator/src/database/migrate';
import { createTestDatabase, type TestDatabase } from '../support/database';

const MIGRATIONS = readMigrations(path.resolve(__dirname, '../../sql/migrations'));
const names = MIGRATIONS.map(({ name }) => name);

describe('the migrations', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await createTestDatabase('main', { empty: true });
  });
  afterEach(() => database.drop());

  it('apply to an empty database as the owner, and a second time change nothing', async () => {
    const owner = await database.connect('owner');
    expect(await migrate(owner, MIGRATIONS)).toEqual(names);
    expect(await migrate(owner, MIGRATIONS)).toEqual([]);
    const { rows } = await owner.query(
      `select rolsuper or rolcreaterole or rolcreatedb as privileged from pg_roles where rolname = current_user`,
    );
    expect(rows).toEqual([{ privileged: false }]);
  });

  it('apply once when several processes migrate at the same time', async () => {
    const owners: Client[] = await Promise.all([1, 2, 3].map(() => database.connect('owner')));
    const applied = await Promise.all(owners.map((owner) => migrate(owner, MIGRATIONS)));
    expect(applied.flat().sort()).toEqual(names);
  });

  it('stay below 300 lines each, so that a reviewer can hold one in mind', () => {
    const long = MIGRATIONS.filter(({ sql }) => sql.split('\n').length > 300).map(({ name }) => name);
    expect(long).toEqual([]);
  });
});
