import type { EnvironmentSettings, Partially } from '../../../src/config/types';

/** Development as it is, with a short history: how much there is does not matter here. */
export const settings: Partially<EnvironmentSettings> = {
  simulator: { historyDays: 2 },
};
