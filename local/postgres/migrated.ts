import path from 'node:path';
import { migrate, readMigrations } from '../../simulator/src/database/migrate';
import { ROOT } from '../../src/root';
import { bootstrap, databaseUrl, type DatabaseAddress } from './bootstrap';
import { withClient } from './client';

const MIGRATIONS = path.join(ROOT, 'sql/migrations');

/** Creates the database unless it is there, and brings it to the latest migration. @returns names of the migrations applied now */
export async function createMigrated(address: DatabaseAddress): Promise<string[]> {
  await bootstrap(address);
  return withClient(databaseUrl(address, 'owner'), (owner) => migrate(owner, readMigrations(MIGRATIONS)));
}
