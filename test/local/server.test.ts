import { createTestDatabase, type TestDatabase } from '../support/database';

describe('the embedded server', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  it('is a durable PostgreSQL 17 that logs in roles which are no superusers', async () => {
    const client = await database.connect('simulator');
    const { rows } = await client.query(`
      select current_setting('server_version_num')::int / 10000 as major, current_setting('fsync') as fsync,
             current_setting('synchronous_commit') as commit, current_setting('is_superuser') as superuser`);
    expect(rows).toEqual([{ major: 17, fsync: 'on', commit: 'on', superuser: 'off' }]);
  });
});
