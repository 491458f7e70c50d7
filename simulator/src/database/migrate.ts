import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { type Logger, silentLogger } from '../logger';
import { refuseTooOld } from './compatible';
import { gaveUpOnLock, LockWatch } from './lock-waits';

/** One file `NNNN_verb_noun.sql` of the migrations folder. */
export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the file. */
  readonly checksum: string;
  /** Oldest program version that still works on the migrated database. */
  readonly compatibleFrom: string;
}

/** A migration failed; its transaction is rolled back. */
export class MigrationError extends Error {}

/** A database and the migrations folder contradict each other, or the folder does not follow the rules: trying again cannot help. */
export class MigrationMismatch extends MigrationError {}

export interface MigrateOptions {
  /** @default nothing is said */
  readonly log?: Logger;
  /** Opens another connection of the same login; with it the log names who holds a lock that is not free. */
  readonly connect?: () => Promise<Client>;
  /**
   * How long a statement waits for a lock. Whoever comes later waits behind it, also for a lock that the holder would let pass, and ticks
   * of the ingest give up after 5 s.
   * @default 2000
   */
  readonly lockTimeoutMs?: number;
  /** Pause before a migration that found a lock taken is tried again; everybody else gets on meanwhile. @default 10000 */
  readonly pauseMs?: number;
}

/** Any fixed number: sessions that migrate at once wait here for each other. */
const ADVISORY_LOCK = 4_702_111_234;

/**
 * Reads `sql/migrations`, ascending.
 * @throws MigrationMismatch for a file name, number or header that does not follow the rules
 */
export function readMigrations(folder: string): Migration[] {
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort();
  return files.map((file, index) => {
    const number = Number(/^(\d{4})_[a-z0-9_]+\.sql$/.exec(file)?.[1]);
    if (number !== index + 1) {
      throw new MigrationMismatch(
        `migration "${file}" stands at place ${index + 1}, its name must start with ${String(index + 1).padStart(4, '0')}_`,
      );
    }
    const sql = readFileSync(path.join(folder, file), 'utf8');
    const compatibleFrom = /^-- compatible_from: (\d+\.\d+\.\d+)\n/.exec(sql)?.[1];
    if (compatibleFrom === undefined) {
      throw new MigrationMismatch(`migration "${file}" must begin with a line "-- compatible_from: <version>"`);
    }
    return {
      number,
      name: file.slice(0, -4),
      sql,
      checksum: createHash('sha256').update(sql).digest('hex'),
      compatibleFrom,
    };
  });
}

/**
 * Applies what is missing, each migration in one transaction. Safe when several processes migrate at once. A lock that is not free, such
 * as that of a `verify` under way, is waited for as long as it takes, in short tries that nobody else has to wait for.
 * @returns names of the migrations applied by this call
 * @throws MigrationMismatch if an applied migration was edited or is missing in `migrations`
 * @throws IncompatibleDatabase if a newer migration of the database is not compatible with this program
 * @throws MigrationError if a migration fails
 */
export async function migrate(
  client: Client,
  migrations: readonly Migration[],
  options: MigrateOptions = {},
): Promise<string[]> {
  await client.query('select pg_advisory_lock($1)', [ADVISORY_LOCK]);
  try {
    await client.query(`
      create schema if not exists migrations;
      create table if not exists migrations.applied (
        number integer primary key,
        name text not null unique,
        checksum text not null,
        compatible_from text not null,
        applied_at timestamptz not null default clock_timestamp()
      );
      grant usage on schema migrations to public;
      grant select on migrations.applied to public`);
    const { rows } = await client.query<{ number: number; name: string; checksum: string; compatible_from: string }>(
      'select number, name, checksum, compatible_from from migrations.applied order by number',
    );
    refuseTooOld(rows);
    for (const row of rows) {
      const file = migrations[row.number - 1];
      // A newer database is not refused by itself: it carries what it is compatible with.
      if (file === undefined) continue;
      if (file.name !== row.name)
        throw new MigrationMismatch(`applied migration "${row.name}" is missing, "${file.name}" stands in its place`);
      if (file.checksum !== row.checksum) throw new MigrationMismatch(`applied migration "${row.name}" was edited`);
    }
    const applied: string[] = [];
    for (const migration of migrations.slice(rows.length)) {
      await applyPatiently(client, migration, options);
      applied.push(migration.name);
    }
    return applied;
  } finally {
    // A connection that is lost took the lock along; its error would stand in the place of the one that says why.
    await client.query('select pg_advisory_unlock($1)', [ADVISORY_LOCK]).catch(() => undefined);
  }
}

/** Tries until every lock is free; says once that one is not. */
async function applyPatiently(client: Client, migration: Migration, options: MigrateOptions): Promise<void> {
  const { log = silentLogger, connect, lockTimeoutMs = 2000, pauseMs = 10_000 } = options;
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  for (let tries = 1; ; tries++) {
    const watch = tries === 1 && connect !== undefined ? new LockWatch(rows[0].pid, connect, log) : undefined;
    watch?.start(lockTimeoutMs / 2);
    const failure = await apply(client, migration, lockTimeoutMs).then(
      () => undefined,
      (error: MigrationError) => error,
    );
    const heldBy = await watch?.stop();
    if (failure === undefined) return;
    if (!gaveUpOnLock(failure.cause)) throw failure;
    const said = { err: failure, migration: migration.name, heldBy, lockTimeoutMs, pauseMs };
    if (tries === 1) log.warn(said, 'a lock that the migration needs is not free: it is tried again until it is');
    await sleep(pauseMs);
  }
}

async function apply(client: Client, migration: Migration, lockTimeoutMs: number): Promise<void> {
  await client.query('begin');
  try {
    await client.query(`set local lock_timeout = ${lockTimeoutMs}`);
    await client.query(migration.sql);
    await client.query(
      'insert into migrations.applied (number, name, checksum, compatible_from) values ($1, $2, $3, $4)',
      [migration.number, migration.name, migration.checksum, migration.compatibleFrom],
    );
    await client.query('commit');
  } catch (error) {
    // On a connection that is lost the server does it.
    await client.query('rollback').catch(() => undefined);
    throw new MigrationError(`migration "${migration.name}" failed: ${(error as Error).message}`, { cause: error });
  }
}
