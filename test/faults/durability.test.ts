import type { Client } from 'pg';
import { askWhoMayLower, askWithControl, controlFinds, openWays, type Kept } from '../cluster/faults/durability';
import { createTestDatabase, type TestDatabase } from '../support/database';

/** A setting of superusers on every server, as the commit guard makes `synchronous_commit` one in production. */
const GUARDED: Kept = { name: 'compute_query_id', values: ['auto'], lower: ['off', 'regress'] };

let database: TestDatabase;
let superuser: Client;
let said: string[];

beforeAll(async () => {
  database = await createTestDatabase();
  superuser = await database.connect('superuser');
  superuser.on('notice', ({ severity, message }) => said.push(`${severity}:  ${message}`));
});
afterAll(() => database.drop());
beforeEach(() => (said = []));

async function ways(text: string): Promise<string[]> {
  await superuser.query(text);
  return openWays(said.join('\n'));
}

const storedSettings = async (): Promise<unknown[]> =>
  (await superuser.query('select setdatabase, setrole, setconfig from pg_db_role_setting order by 1, 2')).rows;

describe('who may lower durability', () => {
  it('is nobody where a superuser must do it, and every login role was asked', async () => {
    expect(await ways(askWhoMayLower(GUARDED))).toEqual([]);
    const { rows } = await superuser.query<{ asked: string }>(
      `select rolname || ' by ' || way as asked from pg_roles, unnest(array['set', 'alter role', 'alter database']) as way
        where rolcanlogin and not rolsuper`,
    );
    for (const { asked } of rows) expect(said.join('\n')).toContain(`durability: refused ${asked} regress`);
  });

  it('is every role, for its sessions now and to come, where the server has no guard; for the database it is the owner', async () => {
    const found = await ways(askWhoMayLower());
    expect(found).toEqual(
      expect.arrayContaining(['edtech_simulator_a by set off', 'edtech_simulator_a by alter role local']),
    );
    expect(found.filter((way) => way.includes('by alter database'))).toEqual(
      ['local', 'off', 'remote_write'].map((value) => `edtech_owner by alter database ${value}`),
    );
  });

  it('is asked without a trace', async () => {
    const before = await storedSettings();
    await ways(askWhoMayLower());
    expect(await storedSettings()).toEqual(before);
    const { rows } = await superuser.query(
      `select session_user = current_user as own, current_setting('synchronous_commit') as value`,
    );
    expect(rows).toEqual([{ own: true, value: 'on' }]);
  });

  it('is also who has a value stored already, under whatever name of it, and not one that is as durable', async () => {
    const { rows } = await superuser.query<{ name: string }>('select current_database() as name');
    const [{ name }] = rows;
    const store = (role: string, value: string) =>
      superuser.query(`alter role ${role} in database ${name} set synchronous_commit = ${value}`);
    await store('edtech_simulator_a', 'false');
    await store('edtech_analytics_a', 'remote_apply');
    await superuser.query(`alter database ${name} set synchronous_commit = local`);
    expect((await ways(askWhoMayLower())).filter((way) => way.includes('stored'))).toEqual([
      `edtech_simulator_a in ${name} by a stored false`,
      `every role in ${name} by a stored local`,
    ]);
  });

  it('is the server where its sessions begin so', async () => {
    await superuser.query('set synchronous_commit = local');
    expect(await ways(askWhoMayLower())).toContain('the server by its own local');
    await superuser.query('reset synchronous_commit');
  });
});

describe('the control', () => {
  it.each([
    ['with a guard', GUARDED],
    ['without one', undefined],
  ])('takes every way %s, and leaves nothing', async (_, kept) => {
    const before = await storedSettings();
    expect(await ways(askWithControl(kept))).toEqual(expect.arrayContaining(controlFinds(kept)));
    expect(await storedSettings()).toEqual(before);
    const { rows } = await superuser.query(
      `select from pg_roles where rolname = 'edtech_durability_control'
        union all select from pg_parameter_acl where parname in ('synchronous_commit', 'compute_query_id')`,
    );
    expect(rows).toEqual([]);
  });
});

describe('what the server said', () => {
  it('is read out of psql’s output', () => {
    const line = 'psql:<stdin>:40: INFO:  durability: allowed reader by alter role off';
    expect(openWays(`${line}\nINFO:  durability: refused reader by set off\nINFO:  durability: asked all\n`)).toEqual([
      'reader by alter role off',
    ]);
  });

  it('must come to its end, and be of a role', () => {
    const tried = 'INFO:  durability: refused reader by set off';
    expect(() => openWays(`${tried}\nERROR:  tuple concurrently updated\n`)).toThrow(
      'not asked to the end: ERROR:  tuple concurrently updated',
    );
    expect(() => openWays('')).toThrow('not asked to the end: nothing was said');
    expect(() => openWays('INFO:  durability: asked all\n')).toThrow('no role tried');
  });
});
