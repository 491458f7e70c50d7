import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Client } from 'pg';
import { superuserUrl } from '../../local/postgres/bootstrap';
import { testServer } from '../support/database';

const FILE = readFileSync(path.resolve(__dirname, '../../sql/bootstrap/03_every_database.sql'), 'utf8');
const DATABASE = 't_every_database';
/** A service that owns the database, a stranger who may connect, and the login that reads the state of Airflow. */
const ROLES = ['t_service', 't_stranger', 'airflow_reader_a'] as const;

const clients: Client[] = [];
async function connect(database: string, options?: string): Promise<Client> {
  const client = new Client({ connectionString: superuserUrl({ ...testServer(), database }), options });
  await client.connect();
  clients.push(client);
  return client;
}
/** What a login would see, whose settings count; its rights are taken by SET ROLE. */
const as = async (role: (typeof ROLES)[number]): Promise<Client> => {
  const client = await connect(DATABASE);
  await client.query(`set role ${role}`);
  return client;
};

let admin: Client;
beforeAll(async () => {
  admin = await connect('postgres');
  for (const role of ROLES) await admin.query(`create role ${role}`);
  await admin.query(`create database ${DATABASE} owner t_service`);
  await (
    await as('t_service')
  ).query(
    `create table caught (who text);
     create function public.format(a text, b name) returns text language plpgsql
       as $$ begin insert into public.caught values (current_user); return 'select'; end $$;
     alter database ${DATABASE} set search_path = public, pg_catalog`,
  );
  // Twice, as whoever starts again does; with the options of those who run it.
  for (let run = 0; run < 2; run++) {
    await (await connect(DATABASE, '-c search_path=pg_catalog,pg_temp')).query(FILE);
  }
});
afterAll(async () => {
  for (const client of clients.filter((one) => one !== admin)) await client.end();
  await admin.query(`drop database ${DATABASE} with (force)`);
  for (const role of ROLES) await admin.query(`drop role ${role}`);
  await admin.end();
});

test.each([
  'select lo_create(0)',
  "select pg_logical_emit_message(false, 'x', 'y')",
  'select pg_advisory_xact_lock(1)',
])('%s is left to the owner of the database', async (statement) => {
  await (await as('t_service')).query(statement);
  await expect((await as('t_stranger')).query(statement)).rejects.toMatchObject({ code: '42501' });
});

test('a person who comes as superuser does not run what the owner made, in spite of the path that the owner gave the database', async () => {
  const person = await connect(DATABASE);
  await person.query("select format('%I', current_database())");
  expect((await person.query('select * from public.caught')).rows).toEqual([]);
});

test('the reader of Airflow gets the limits of the other dashboards', async () => {
  const { rows } = await admin.query(
    "select unnest(setconfig) as setting from pg_db_role_setting where setrole = 'airflow_reader_a'::regrole order by 1",
  );
  expect(rows.map(({ setting }: { setting: string }) => setting)).toEqual([
    'default_transaction_read_only=on',
    'idle_in_transaction_session_timeout=60s',
    'statement_timeout=60s',
  ]);
});
