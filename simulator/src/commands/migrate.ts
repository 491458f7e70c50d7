import path from 'node:path';
import { Client } from 'pg';
import type { SimulatorConfig } from '../config';
import { migrate, readMigrations } from '../database/migrate';
import { clientConfig } from '../database/session';
import { createLogger } from '../logger';

/** Applies the migrations of a folder as the login of the configuration, which must own the schemas. */
export async function runMigrate({ database, logLevel }: SimulatorConfig, folder: string): Promise<void> {
  const migrations = readMigrations(path.resolve(folder));
  const log = createLogger(logLevel);
  const connect = async (): Promise<Client> => {
    const client = new Client(await clientConfig(database, 'edtech-simulator migrate'));
    // Without a listener a lost connection would end the process before it has said what it was at.
    client.on('error', (err) => log.warn({ err }, 'connection to the database lost'));
    await client.connect();
    return client;
  };
  const client = await connect();
  try {
    const applied = await migrate(client, migrations, { log, connect });
    log.info({ applied, total: migrations.length }, 'migrated');
  } finally {
    await client.end();
  }
}
