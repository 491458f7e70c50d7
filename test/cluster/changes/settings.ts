import { settings as site } from '../production/settings';
import type { EnvironmentSettings, Partially } from '../../../src/config/types';

/** Production on the test cluster as in the production suite, with a short history. */
export const settings: Partially<EnvironmentSettings> = {
  ...site,
  simulator: { ...site.simulator, historyDays: 2 },
};
