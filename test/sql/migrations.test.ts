import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { runMigrate } from '../../simulator/src/commands/migrate';
import { readConfig } from '../../simulator/src/config';
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

  it('say which one was at work when the connection was lost, and how it was', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'edtech-migrations-'));
    try {
      writeFileSync(
        path.join(folder, '0001_end_session.sql'),
        '-- compatible_from: 0.1.0\nselect pg_terminate_backend(pg_backend_pid())',
      );
      const config = readConfig({ DATABASE_URL: database.url('owner'), LOG_LEVEL: 'silent' });
      await expect(runMigrate(config, folder)).rejects.toThrow(
        'migration "0001_end_session" failed: terminating connection due to administrator command',
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
    // Nobody waits for a lock of the lost session.
    expect(await migrate(await database.connect('owner'), MIGRATIONS)).toEqual(names);
  });

  it('stay below 300 lines each, so that a reviewer can hold one in mind', () => {
    const long = MIGRATIONS.filter(({ sql }) => sql.split('\n').length > 300).map(({ name }) => name);
    expect(long).toEqual([]);
  });
});
