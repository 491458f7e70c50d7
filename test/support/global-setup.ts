import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bootstrap, generatePasswords, type DatabaseAddress } from '../../local/postgres/bootstrap';
import { createMigrated } from '../../local/postgres/migrated';
import { startThrowawayServer } from './throwaway-server';
import { SERVER_FILE_VARIABLE, TEMPLATE } from './database';

/** Starts the one server of a test run and prepares the template databases. `global-teardown.ts` stops it. */
export default async function globalSetup(): Promise<void> {
  const passwords = generatePasswords();
  const server = await startThrowawayServer(passwords);
  const address: DatabaseAddress = { port: server.port, passwords, database: TEMPLATE };
  await bootstrap({ ...address, database: `${TEMPLATE}_empty` });
  await createMigrated(address);
  const folder = mkdtempSync(path.join(tmpdir(), 'edtech-test-run-'));
  const file = path.join(folder, 'server.json');
  writeFileSync(file, JSON.stringify({ ...address, dataDirectory: server.dataDirectory }), { mode: 0o600 });
  chmodSync(folder, 0o700);
  process.env[SERVER_FILE_VARIABLE] = file;
  (globalThis as { stopTestServer?: () => void }).stopTestServer = server.remove;
}
