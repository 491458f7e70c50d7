import { Client } from 'pg';
import {
  databaseUrl,
  generatePasswords,
  superuserUrl,
  type DatabaseAddress,
  type LocalConsumer,
} from '../local/postgres/bootstrap';
import { withClient } from '../local/postgres/client';
import { createMigrated } from '../local/postgres/migrated';
import type { DatabaseConfig } from '../simulator/src/database/session';
import { databaseAt } from '../test/support/database';
import { startThrowawayServer } from '../test/support/throwaway-server';

/** A machine that is a database server: durable as always, with room for the runs to fit between two checkpoints. */
const SETTINGS = { shared_buffers: '1GB', max_wal_size: '8GB', min_wal_size: '2GB', checkpoint_timeout: '1h' };

/** A whole statement of a run must fit, on a busy machine too. */
const QUERY_TIMEOUT_MS = 600_000;

/** The server of one benchmark, in a temporary folder. */
export class BenchServer {
  private readonly databases = new Set<BenchDatabase>();

  private constructor(
    private readonly port: number,
    private readonly passwords: DatabaseAddress['passwords'],
    /** Such as 17.10. */
    readonly version: string,
    private readonly remove: () => void,
  ) {}

  static async start(): Promise<BenchServer> {
    const passwords = generatePasswords();
    const { port, remove } = await startThrowawayServer(passwords, SETTINGS);
    const { rows } = await withClient(superuserUrl({ port, passwords, database: 'postgres' }), (client) =>
      client.query<{ version: string }>(`select current_setting('server_version') as version`),
    );
    return new BenchServer(port, passwords, rows[0].version.split(' ')[0], remove);
  }

  /** A new database with all migrations. */
  async createDatabase(database: string): Promise<BenchDatabase> {
    const address = { port: this.port, passwords: this.passwords, database };
    await createMigrated(address);
    const created = await BenchDatabase.open(address);
    this.databases.add(created);
    return created;
  }

  async dropDatabase(database: BenchDatabase): Promise<void> {
    this.databases.delete(database);
    await database.close();
    await withClient(superuserUrl({ ...database.address, database: 'postgres' }), (client) =>
      client.query(`drop database ${client.escapeIdentifier(database.address.database)} with (force)`),
    );
  }

  /** Stops the server and deletes its data. */
  async stop(): Promise<void> {
    for (const database of this.databases) await database.close();
    this.remove();
  }
}

/** A database of the benchmark, with a superuser's connection to set the stage; what is measured uses production's logins. */
export class BenchDatabase {
  private constructor(
    readonly address: DatabaseAddress,
    readonly admin: Client,
  ) {}

  static async open(address: DatabaseAddress): Promise<BenchDatabase> {
    const admin = new Client({ connectionString: superuserUrl(address) });
    await admin.connect();
    return new BenchDatabase(address, admin);
  }

  url(consumer: LocalConsumer): string {
    return databaseUrl(this.address, consumer);
  }

  /** How the simulator connects. */
  config(): DatabaseConfig {
    return { ...databaseAt(this.url('simulator')), connectTimeoutMs: 5000, queryTimeoutMs: QUERY_TIMEOUT_MS };
  }

  close(): Promise<void> {
    return this.admin.end();
  }
}
