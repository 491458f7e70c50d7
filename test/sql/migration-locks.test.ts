import path from 'node:path';
import type { Client } from 'pg';
import { migrate, readMigrations, type Migration } from '../../simulator/src/database/migrate';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { recorder } from '../support/recorder';
import { untilSessionsWait } from '../support/waiting-sessions';

const APPLIED = readMigrations(path.resolve(__dirname, '../../sql/migrations'));
const NEXT: Migration = {
  number: APPLIED.length + 1,
  name: '9999_change_receipts',
  // As 0046 does: what verify reads first, and each tick.
  sql: 'alter table ops.forgotten_students add column probe integer',
  checksum: '',
  compatibleFrom: '0.1.0',
};
const NOT_FREE = 'a lock that the migration needs is not free';
/** Long enough that who holds the lock is found out in half of it, also on a busy machine. */
const TIMEOUT_MS = 4000;

describe('a migration that needs a lock which somebody holds', () => {
  let database: TestDatabase;
  let owner: Client;
  let verify: Client;
  let superuser: Client;
  beforeEach(async () => {
    database = await createTestDatabase();
    owner = await database.connect('owner');
    superuser = await database.connect('superuser');
    verify = await database.connect('simulator');
    await verify.query('begin transaction isolation level repeatable read read only');
    await verify.query('select from ops.forgotten_students');
  });
  afterEach(() => database.drop());

  const pid = async (client: Client): Promise<number> =>
    (await client.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0].pid;

  it('waits for it in short tries, lets everybody else pass and ends once it is free', async () => {
    const { log, said } = recorder();
    const options = { log, connect: () => database.connect('owner'), lockTimeoutMs: TIMEOUT_MS, pauseMs: 300 };
    const migrating = migrate(owner, [...APPLIED, NEXT], options);
    const tick = await database.connect('simulator');
    // Far above the timeout of the migration, and an error for whoever would wait for the end of verify.
    await tick.query(`set statement_timeout = '30s'`);
    for (let tries = 1; tries <= 2; tries++) {
      await untilSessionsWait(superuser, 1);
      // Stands in the queue behind the migration.
      await tick.query('select from ops.forgotten_students');
      await untilSessionsWait(superuser, 0);
    }
    expect(said(NOT_FREE)).toEqual([
      expect.objectContaining({
        level: 'warn',
        migration: NEXT.name,
        heldBy: [{ pid: await pid(verify), role: 'edtech_simulator_a' }],
      }),
    ]);
    await verify.query('commit');
    expect(await migrating).toEqual([NEXT.name]);
    expect(said(NOT_FREE)).toHaveLength(1);
    const { rows } = await superuser.query('select probe from ops.forgotten_students');
    expect(rows).toEqual([]);
  });

  it('fails at once for any other reason', async () => {
    const broken = { ...NEXT, sql: 'alter table ops.of_nobody add column probe integer' };
    await expect(migrate(owner, [...APPLIED, broken], { pauseMs: 60_000 })).rejects.toThrow(
      'migration "9999_change_receipts" failed: relation "ops.of_nobody" does not exist',
    );
  });
});
