import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Session } from './session';

/** Program and database do not fit each other. */
export class IncompatibleDatabase extends Error {}

/** The database lacks migrations that this program needs; somebody may be about to apply them. */
export class MigrationsMissing extends Error {}

/** This program's version, compared with the migrations' `compatible_from`. */
export const PROGRAM_VERSION = (
  JSON.parse(readFileSync(path.join(__dirname, '../../package.json'), 'utf8')) as { version: string }
).version;

/** Functions that the simulator calls: a database without one of them lacks a migration. */
const NEEDED_FUNCTIONS = [
  'ops.ensure_partitions(date,date)',
  'ops.row_hash(edtech.streaming_logs)',
  'ingest.bulk_begin(date)',
  'ingest.bulk_finish(date)',
  'ingest.end_session(integer)',
  'ingest.unfinished_backfill()',
  'analytics.roll_up(bigint)',
];

/** Compares `major.minor.patch`; negative if `a` is the older one. */
export function compareVersions(a: string, b: string): number {
  const left = a.split('.').map(Number);
  const right = b.split('.').map(Number);
  for (let part = 0; part < 3; part++) if (left[part] !== right[part]) return left[part] - right[part];
  return 0;
}

/** @throws IncompatibleDatabase if an applied migration needs a newer program */
export function refuseTooOld(
  applied: readonly { name: string; compatible_from: string }[],
  programVersion = PROGRAM_VERSION,
): void {
  for (const { name, compatible_from: oldest } of applied) {
    if (compareVersions(programVersion, oldest) < 0)
      throw new IncompatibleDatabase(
        `program version ${programVersion} is too old for the database: migration "${name}" needs ${oldest} or newer`,
      );
  }
}

/**
 * Refuses a database that this program cannot work with. A database with newer migrations is fine as long as they say so.
 * @throws IncompatibleDatabase if the program is too old for an applied migration
 * @throws MigrationsMissing if a migration that it needs was not applied yet
 */
export async function requireCompatible(session: Session, programVersion = PROGRAM_VERSION): Promise<void> {
  const { rows: found } = await session.query<{ migrated: boolean }>(
    `select to_regclass('migrations.applied') is not null as migrated`,
  );
  if (!found[0].migrated) throw new MigrationsMissing('the database holds no migrations: run "migrate" first');
  const { rows } = await session.query<{ name: string; compatible_from: string }>(
    'select name, compatible_from from migrations.applied order by number',
  );
  refuseTooOld(rows, programVersion);
  const { rows: missing } = await session.query<{ signature: string }>(
    'select signature from unnest($1::text[]) signature where to_regprocedure(signature) is null',
    [NEEDED_FUNCTIONS],
  );
  if (missing.length > 0) {
    const names = missing.map(({ signature }) => signature).join(', ');
    throw new MigrationsMissing(
      `the database is older than the program ${programVersion}, it lacks ${names}: run "migrate" first`,
    );
  }
}
