import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Client } from 'pg';
import { databaseUrl, superuserUrl, type DatabaseAddress, type LocalConsumer } from '../../local/postgres/bootstrap';
import { withClient } from '../../local/postgres/client';
import { readConfig } from '../../simulator/src/config';
import type { DatabaseConfig } from '../../simulator/src/database/session';
import { ROOT } from '../../src/root';

/** The configuration of a simulator that is told a connection string. */
export const databaseAt = (url: string): DatabaseConfig => readConfig({ DATABASE_URL: url }).database;

/** Written by `global-setup.ts`: the server that all test files share, with the migrated template database. */
export interface TestServer extends DatabaseAddress {
  readonly dataDirectory: string;
}

export const SERVER_FILE_VARIABLE = 'EDTECH_TEST_SERVER_FILE';
export const TEMPLATE = 'edtech_template';
const OF_DATABASE = readFileSync(path.join(ROOT, 'sql/bootstrap/02_database.sql'), 'utf8');

export function testServer(): TestServer {
  const file = process.env[SERVER_FILE_VARIABLE];
  if (file === undefined) throw new Error(`${SERVER_FILE_VARIABLE} is not set: run this file through jest`);
  return JSON.parse(readFileSync(file, 'utf8')) as TestServer;
}

/** A fresh database of one test file, copied from the migrated template. */
export interface TestDatabase extends DatabaseAddress {
  /** Connection string of a login role of production. */
  url(consumer: LocalConsumer): string;
  /** Connection string of the superuser: only for what no role of ours may do, such as corrupting a row. */
  superuserUrl(): string;
  /** A connected client; ended by {@link drop}. */
  connect(consumer: LocalConsumer | 'superuser'): Promise<Client>;
  /** Ends the clients and drops the database. */
  drop(): Promise<void>;
}

/**
 * Creates a database for the calling test file.
 * @param label distinguishes several databases of one file
 * @param options.empty without migrations (bootstrap only)
 */
export async function createTestDatabase(label = 'main', options: { empty?: boolean } = {}): Promise<TestDatabase> {
  const server = testServer();
  const file = path.basename(expect.getState().testPath ?? 'unknown').replace(/\W+/g, '_');
  const database = `t_${file}_${label}`.slice(0, 63).toLowerCase();
  const template = options.empty ? `${TEMPLATE}_empty` : TEMPLATE;
  await asSuperuser({ ...server, database: 'postgres' }, async (admin) => {
    await admin.query(`drop database if exists ${database} with (force)`);
    await admin.query(`create database ${database} template ${template} owner edtech_owner`);
  });
  // Privileges of a database are not copied from its template.
  await asSuperuser({ ...server, database }, (admin) => admin.query(OF_DATABASE));
  const clients: Client[] = [];
  const address: DatabaseAddress = { port: server.port, passwords: server.passwords, database };
  return {
    ...address,
    url: (consumer) => databaseUrl(address, consumer),
    superuserUrl: () => superuserUrl(address),
    async connect(consumer) {
      const client = new Client({
        connectionString: consumer === 'superuser' ? superuserUrl(address) : databaseUrl(address, consumer),
      });
      // A test that ends sessions on purpose must not die of the event; queries on the client still fail.
      client.on('error', () => undefined);
      await client.connect();
      clients.push(client);
      return client;
    },
    async drop() {
      await Promise.all(clients.map((client) => client.end()));
      await asSuperuser({ ...server, database: 'postgres' }, (admin) =>
        admin.query(`drop database ${database} with (force)`),
      );
    },
  };
}

const asSuperuser = (address: DatabaseAddress, work: (client: Client) => Promise<unknown>): Promise<unknown> =>
  withClient(superuserUrl(address), work);
