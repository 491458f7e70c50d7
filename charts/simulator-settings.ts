import type { SimulatorSettings } from '../src/config/types';
import type { EnvValue } from '../src/constructs/container';

/** User `node` of the simulator's base image. */
export const SIMULATOR_UID = 1000;

/** The stream that run and backfill agree on; another one is refused by the database's stream versions. */
export function streamSettings(simulator: SimulatorSettings): Record<string, EnvValue> {
  return {
    STREAM_SEED: `${simulator.seed}`,
    STREAM_STUDENTS: `${simulator.students}`,
    ...(Object.keys(simulator.stream).length > 0 && { STREAM_CONFIG: JSON.stringify(simulator.stream) }),
    STREAM_HISTORY_DAYS: `${simulator.historyDays}`,
  };
}
