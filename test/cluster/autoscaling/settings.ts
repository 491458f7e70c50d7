import type { EnvironmentSettings, Partially } from '../../../src/config/types';
import { settings as production } from '../production/settings';

/** Production on the test cluster with so many students; few days of history, since a stream is begun three times. */
export const withStudents = (students: number): Partially<EnvironmentSettings> => ({
  ...production,
  simulator: {
    ...production.simulator,
    students,
    historyDays: 1,
    // The autoscaler goes by the request. A replica takes 7 millicores of a core however few its students are, and all of them together
    // about 10 more for each 100,000 students: with few students two are enough, with 400,000 three are not.
    resources: { cpuRequest: '25m', cpuLimit: '2', memoryRequest: '160Mi', memoryLimit: '1Gi' },
    backfillResources: { cpuRequest: '50m', cpuLimit: '2', memoryRequest: '256Mi', memoryLimit: '1536Mi' },
  },
});
