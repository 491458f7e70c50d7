import { WORKLOAD } from '../../../src/names';
import { kubectl } from './cluster';
import { eventually } from '../../support/eventually';
import { pods, sql, untilWhole } from './members';
import { applyPlatform, untilSettled, type Variant } from './platform';

/** How many students a stream has is settled for the days that have begun; a new database begins a new stream. */
export async function beginNewStream(variant: Variant, members: number, replicas: number): Promise<void> {
  // With none an autoscaler leaves a Deployment alone.
  await scaleSimulator(0);
  await eventually('no simulator', 120, async () => (await pods(WORKLOAD.simulator)).length === 0);
  const jobs = (await kubectl(['get', 'jobs', '--output=name']))
    .split('\n')
    .filter((name) => [WORKLOAD.migrations, WORKLOAD.backfill].some((job) => name.startsWith(`job.batch/${job}-`)));
  await kubectl(['delete', ...jobs]);
  const { primary } = await untilWhole(members, 120);
  await sql(primary.name, 'drop database edtech with (force);', 'postgres');
  // The reconciler makes it again, the Jobs fill it.
  await applyPlatform(variant);
  await untilSettled(600);
  await scaleSimulator(replicas);
  await untilSettled(300);
}

export const scaleSimulator = (replicas: number): Promise<string> =>
  kubectl(['scale', 'deployment', WORKLOAD.simulator, `--replicas=${replicas}`]);
