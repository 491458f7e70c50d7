import { MAX_WAL, WAL_KEPT } from '../constructs/postgres-settings';
import { numberOf } from '../constructs/postgres-values';
import { bytesOf } from './quantity';
import type { PlatformConfig } from './types';

/** Mebibytes for the databases of a platform that has just begun. */
const DATA = 1024;
/** A segment more here and there, and what a checkpoint that takes its time lets grow. */
const RESERVE = 1.25;

/**
 * A volume that its own WAL fills stops the database, also where the data is small: each member keeps the latest `wal_keep_size`, and between
 * two checkpoints as much as `max_wal_size` comes to it. What is no quantity is told by the other rules.
 */
export function walRoom({ postgres: { parameters, volume } }: PlatformConfig): string[] {
  const kept = parameters.wal_keep_size ?? WAL_KEPT;
  const most = parameters.max_wal_size ?? MAX_WAL;
  const size = bytesOf(volume.size);
  const wal = [numberOf('wal_keep_size', kept), numberOf('max_wal_size', most)];
  if (size === undefined || wal.includes(undefined)) return [];
  const least = Math.ceil(RESERVE * wal.reduce<number>((sum, mebibytes) => sum + (mebibytes ?? 0), 0)) + DATA;
  if (size >= least * 2 ** 20) return [];
  return [
    `postgres.volume.size is ${volume.size} with wal_keep_size ${kept} and max_wal_size ${most}; allowed from ${least}Mi: ${RESERVE} × both and ${DATA}Mi of data`,
  ];
}
