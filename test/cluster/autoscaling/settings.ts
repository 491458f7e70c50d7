import type { EnvironmentSettings, Partially } from '../../../src/config/types';
import { settings as production } from '../production/settings';

/** Production on the test cluster with so many students; few days of history, since a stream is begun three times. */
export const withStudents = (students: number): Partially<EnvironmentSettings> => ({
  ...production,
  simulator: {
    ...production.simulator,
    students,
    historyDays: 1,
    // A replica of two takes about 4 millicores of a core for 10,000 students, and the autoscaler goes by the request.
    resources: { cpuRequest: '10m', cpuLimit: '2', memoryRequest: '160Mi', memoryLimit: '512Mi' },
  },
});
