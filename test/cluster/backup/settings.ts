import type { EnvironmentSettings, Partially } from '../../../src/config/types';

/** Development as it is, with a history of ten million events: a backup has to take long enough for something to happen meanwhile. */
export const settings: Partially<EnvironmentSettings> = { simulator: { historyDays: 55 } };
