import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { migrate, readMigrations } from '../../simulator/src/database/migrate';
import { bootstrap, databaseUrl, generatePasswords, type DatabaseAddress } from '../../local/postgres/bootstrap';
import { startThrowawayServer } from './throwaway-server';
import { SERVER_FILE_VARIABLE, TEMPLATE } from './database';

const SQL = path.resolve(__dirname, '../../sql');

/** Starts the one server of a test run and prepares the template databases. `global-teardown.ts` stops it. */
export default async function globalSetup(): Promise<void> {
  const passwords = generatePasswords();
  const server = await startThrowawayServer(passwords);
  const address: DatabaseAddress = { port: server.port, passwords, database: TEMPLATE };
  await bootstrap({ ...address, database: `${TEMPLATE}_empty` }, SQL);
  await bootstrap(address, SQL);
  const owner = new Client({ connectionString: databaseUrl(address, 'owner') });
  await owner.connect();
  try {
    await migrate(owner, readMigrations(path.join(SQL, 'migrations')));
  } finally {
    await owner.end();
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'edtech-test-run-'));
  const file = path.join(folder, 'server.json');
  writeFileSync(file, JSON.stringify({ ...address, dataDirectory: server.dataDirectory }), { mode: 0o600 });
  chmodSync(folder, 0o700);
  process.env[SERVER_FILE_VARIABLE] = file;
  (globalThis as { stopTestServer?: () => void }).stopTestServer = server.remove;
}
