import path from 'node:path';
import { Client } from 'pg';
import {
  bootstrap,
  databaseUrl,
  generatePasswords,
  superuserUrl,
  type DatabaseAddress,
  type LocalConsumer,
} from '../local/postgres/bootstrap';
import { migrate, readMigrations } from '../simulator/src/database/migrate';
import type { DatabaseConfig } from '../simulator/src/database/session';
import { ROOT } from '../src/root';
import { startThrowawayServer } from '../test/support/throwaway-server';

const SQL = path.join(ROOT, 'sql');

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
    const client = new Client({ connectionString: superuserUrl({ port, passwords, database: 'postgres' }) });
    await client.connect();
    const { rows } = await client.query<{ version: string }>(`select current_setting('server_version') as version`);
    await client.end();
    return new BenchServer(port, passwords, rows[0].version.split(' ')[0], remove);
  }

  /** A new database with all migrations. */
  async createDatabase(database: string): Promise<BenchDatabase> {
    const address = { port: this.port, passwords: this.passwords, database };
    await bootstrap(address, SQL);
    const owner = new Client({ connectionString: databaseUrl(address, 'owner') });
    await owner.connect();
    await migrate(owner, readMigrations(path.join(SQL, 'migrations')));
    await owner.end();
    const created = await BenchDatabase.open(address);
    this.databases.add(created);
    return created;
  }

  async dropDatabase(database: BenchDatabase): Promise<void> {
    this.databases.delete(database);
    await database.close();
    const client = new Client({ connectionString: superuserUrl({ ...database.address, database: 'postgres' }) });
    await client.connect();
    await client.query(`drop database ${client.escapeIdentifier(database.address.database)} with (force)`);
    await client.end();
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
  config(consumer: LocalConsumer = 'simulator'): DatabaseConfig {
    const url = new URL(this.url(consumer));
    return {
      host: url.hostname,
      port: Number(url.port),
      database: url.pathname.slice(1),
      user: url.username,
      password: decodeURIComponent(url.password),
      connectTimeoutMs: 5000,
      queryTimeoutMs: QUERY_TIMEOUT_MS,
    };
  }

  close(): Promise<void> {
    return this.admin.end();
  }
}
