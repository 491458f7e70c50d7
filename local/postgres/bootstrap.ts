import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { ClientConfig } from 'pg';
import { ROOT } from '../../src/root';
import { loginsOf, OWNER_LOGIN } from '../../src/secrets/catalogue';
import { withClient } from './client';

const SQL = path.join(ROOT, 'sql/bootstrap');

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

/** Runs `sql/bootstrap/` as the superuser: creates the database, roles and their passwords. Safe to repeat. */
export async function bootstrap(address: DatabaseAddress): Promise<void> {
  await withClient(asReconciler({ ...address, database: 'postgres' }), async (client) => {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [address.database]);
    if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(address.database)}`);
  });
  await withClient(asReconciler(address), async (client) => {
    for (const file of readdirSync(SQL).sort()) {
      if (file.endsWith('.sql')) await client.query(readFileSync(path.join(SQL, file), 'utf8'));
    }
    for (const [consumer, role] of Object.entries(LOCAL_LOGINS)) {
      const password = client.escapeLiteral(address.passwords[consumer as LocalConsumer]);
      await client.query(`alter role ${client.escapeIdentifier(role)} password ${password}`);
    }
  });
}

/** As the reconciler of the cluster: an owner's functions must not be what a superuser's statement finds. */
const asReconciler = (address: DatabaseAddress): ClientConfig => ({
  connectionString: superuserUrl(address),
  options: '-c search_path=pg_catalog,pg_temp',
});
