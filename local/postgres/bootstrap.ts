import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Client } from 'pg';
import { loginsOf, OWNER_LOGIN } from '../../src/secrets/catalogue';

/** Login roles of the platform that the local run and the tests use: the first login of each consumer and the schema owner. */
export const LOCAL_LOGINS = {
  owner: OWNER_LOGIN,
  simulator: loginsOf('simulator')[0],
  analytics: loginsOf('analytics')[0],
  educator: loginsOf('dashboards-educator')[0],
  admin: loginsOf('dashboards-admin')[0],
  monitor: loginsOf('monitor')[0],
  backup: loginsOf('backup')[0],
} as const;
export type LocalConsumer = keyof typeof LOCAL_LOGINS;

/** Passwords of the superuser and of each login role. */
export type Passwords = Readonly<Record<LocalConsumer | 'superuser', string>>;

export function generatePasswords(): Passwords {
  const names = ['superuser', ...Object.keys(LOCAL_LOGINS)] as (keyof Passwords)[];
  return Object.fromEntries(names.map((name) => [name, randomBytes(24).toString('base64url')])) as Passwords;
}

/** Where a server is and how to log in. */
export interface DatabaseAddress {
  readonly port: number;
  readonly database: string;
  readonly passwords: Passwords;
}

/** Connection string of a consumer's login. */
export function databaseUrl({ port, database, passwords }: DatabaseAddress, consumer: LocalConsumer): string {
  return `postgresql://${LOCAL_LOGINS[consumer]}:${passwords[consumer]}@127.0.0.1:${port}/${database}`;
}

/** Connection string of the superuser: bootstrap only. */
export function superuserUrl({ port, database, passwords }: DatabaseAddress): string {
  return `postgresql://postgres:${passwords.superuser}@127.0.0.1:${port}/${database}`;
}

/**
 * Runs `sql/bootstrap/` as the superuser: creates the database, roles and their passwords. Safe to repeat.
 * @param sqlFolder the folder `sql/` of the project
 */
export async function bootstrap(address: DatabaseAddress, sqlFolder: string): Promise<void> {
  await withClient(superuserUrl({ ...address, database: 'postgres' }), async (client) => {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [address.database]);
    if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(address.database)}`);
  });
  await withClient(superuserUrl(address), async (client) => {
    const folder = path.join(sqlFolder, 'bootstrap');
    for (const file of readdirSync(folder).sort()) {
      if (file.endsWith('.sql')) await client.query(readFileSync(path.join(folder, file), 'utf8'));
    }
    for (const [consumer, role] of Object.entries(LOCAL_LOGINS)) {
      const password = client.escapeLiteral(address.passwords[consumer as LocalConsumer]);
      await client.query(`alter role ${client.escapeIdentifier(role)} password ${password}`);
    }
  });
}

async function withClient(url: string, work: (client: Client) => Promise<void>): Promise<void> {
  // As the reconciler of the cluster: an owner's functions must not be what a superuser's statement finds.
  const client = new Client({ connectionString: url, options: '-c search_path=pg_catalog,pg_temp' });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
