import type { EnvironmentSettings, Partially } from '../../../src/config/types';
import { settings as alerts } from '../alerts/settings';
import { settings as production } from '../production/settings';

/** Production on the test cluster, with the receivers of the suite `alerts`. */
export const settings: Partially<EnvironmentSettings> = { ...production, alerting: alerts.alerting };
