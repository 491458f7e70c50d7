import type { EnvironmentSettings, Partially } from '../../../src/config/types';

/** Development as it is, with a history that makes the backups worth measuring. */
export const settings: Partially<EnvironmentSettings> = {
  simulator: { historyDays: Number(process.env.EDTECH_BACKUP_HISTORY_DAYS ?? 7) },
};
