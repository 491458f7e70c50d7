import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Client } from 'pg';
import { generatePasswords, superuserUrl } from '../../local/postgres/bootstrap';
import { dynamicSettings } from '../../src/constructs/postgres-settings';
import { at } from '../policy/support/objects';
import { startThrowawayServer, type ThrowawayServer } from '../support/throwaway-server';
import { PLAIN_SETTINGS } from './support';

const ADDRESS = 'mary.somerville@students.example.org';

const own = at<Record<string, string | number>>(dynamicSettings(PLAIN_SETTINGS), 'postgresql', 'parameters')!;
const ofLog = Object.fromEntries(Object.entries(own).filter(([name]) => name.startsWith('log_')));
const passwords = generatePasswords();
let server: ThrowawayServer;
let client: Client;

beforeAll(async () => {
  // Every statement is a slow one.
  server = await startThrowawayServer(passwords, { ...ofLog, log_min_duration_statement: 0 });
  client = new Client({ connectionString: superuserUrl({ port: server.port, database: 'postgres', passwords }) });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  server.remove();
});

test('slow and failed statements are logged without the values that they were given', async () => {
  await client.query('create table pupils (email text primary key)');
  const insert = 'insert into pupils select * from unnest($1::text[])';
  await client.query(insert, [[ADDRESS]]);
  await expect(client.query('select 1 / length($1) - length($2::text)', ['', ADDRESS])).rejects.toMatchObject({
    code: '22012',
  });
  const log = readFileSync(path.join(path.dirname(server.dataDirectory), 'server.log'), 'utf8');
  expect(log).toMatch(new RegExp(`duration: .* execute .*${insert.slice(0, 20)}`));
  expect(log).toContain('ERROR:  division by zero');
  expect(log).not.toContain(ADDRESS);
});
