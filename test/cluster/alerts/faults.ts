import { AGENTS_NAMESPACE, WORKLOAD } from '../../../src/names';
import { kubectl, Machines } from '../support/cluster';
import { command } from '../../support/command';
import { members, sql, switchOver, untilWhole } from '../support/members';
import type { Variant } from '../support/platform';
import type { Fault } from './fault';
import { applyCrashing, applyFullDisk, deleteCrashing, deleteFullDisk, SMALL_DISK } from './objects';

const BROKEN_DAG = 'zz_broken.py';
/** Airflow only loads files that name both. */
const BROKEN = '# A DAG of Airflow.\nraise RuntimeError("broken by a test")\n';
const patchDags = (content: string | null): Promise<string> =>
  kubectl([
    ...['patch', 'configmap', 'edtech-dags', '--type=merge'],
    `--patch=${JSON.stringify({ data: { [BROKEN_DAG]: content } })}`,
  ]);
const scale = (workload: string, replicas: number): Promise<string> =>
  kubectl(['scale', workload, `--replicas=${replicas}`]);

export type FaultName =
  | 'podCrashLooping'
  | 'archiveBroken'
  | 'simulatorStopped'
  | 'qualityCheckFailing'
  | 'diskNearlyFull'
  | 'collectorStopped'
  | 'dagFailing'
  | 'standbyStopped'
  | 'primaryKeptDown';

const setCollectorImage = (image: string): Promise<string> =>
  command('kubectl', [
    ...['--namespace', AGENTS_NAMESPACE, 'set', 'image'],
    ...[`daemonset/${WORKLOAD.logCollector}`, `log-collector=${image}`],
  ]);

/** Faults of a platform that is installed as `variant` says. */
export function faultsOf(variant: Variant): Readonly<Record<FaultName, Fault>> {
  const { postgres, simulator } = variant.config;
  const server = `statefulset/${WORKLOAD.postgres}`;
  const whole = (seconds: number) => untilWhole(postgres.members, seconds);
  const primaryName = async (): Promise<string> => (await whole(240)).primary.name;
  const tell = async (statement: string): Promise<unknown> => sql(await primaryName(), statement);
  return {
    podCrashLooping: {
      what: 'pod crash-looping',
      alert: 'PodUnhealthy',
      path: '/ticket',
      within: 1500,
      inject: applyCrashing,
      repair: deleteCrashing,
    },
    archiveBroken: {
      what: 'archive broken: repository host away',
      alert: 'WalArchiveFailing',
      path: '/page',
      within: 2400,
      inject: () => scale(`statefulset/${WORKLOAD.backupRepository}`, 0),
      repair: () => scale(`statefulset/${WORKLOAD.backupRepository}`, 1),
    },
    simulatorStopped: {
      what: 'simulator scaled to 0',
      alert: 'IngestStopped',
      path: '/page',
      within: 300,
      inject: () => scale(`deployment/${WORKLOAD.simulator}`, 0),
      repair: () => scale(`deployment/${WORKLOAD.simulator}`, simulator.minReplicas),
    },
    qualityCheckFailing: {
      // What the check finds is written as the hourly DAG would write it: from there on everything is real.
      what: 'quality check failing',
      alert: 'DataQualityFailed',
      path: '/ticket',
      within: 180,
      inject: () =>
        tell(
          `insert into analytics.open_day_checks (cohort_id, day, check_name, as_of, failed_rows, detail, failing_since)
           select cohort_id, day, 'alert_test', clock_timestamp(), 4, 'test', clock_timestamp()
           from analytics.open_days() order by day desc limit 1`,
        ),
      repair: () => tell(`delete from analytics.open_day_checks where check_name = 'alert_test'`),
    },
    diskNearlyFull: {
      what: 'disk nearly full',
      alert: 'VolumeAlmostFull',
      path: '/page',
      within: 420,
      inject: async () => {
        const [{ node }] = await members();
        const machines = nodesOfTest();
        await machines.exec(node, 'mkdir', '-p', SMALL_DISK);
        await machines.exec(node, 'mount', '-t', 'tmpfs', '-o', 'size=48m,mode=1777', 'tmpfs', SMALL_DISK);
        await applyFullDisk(node);
      },
      repair: async () => {
        const [{ node }] = await members();
        await deleteFullDisk();
        await nodesOfTest().exec(node, 'umount', SMALL_DISK);
      },
    },
    collectorStopped: {
      what: 'collector stopped',
      alert: 'TargetDown',
      path: '/ticket',
      within: 600,
      inject: () => setCollectorImage('edtech.invalid/no-such-image:1'),
      repair: () => setCollectorImage(variant.config.images.collector.reference),
    },
    dagFailing: {
      what: 'DAG failing: a file that does not load',
      alert: 'AirflowUnhealthy',
      path: '/ticket',
      within: 780,
      inject: () => patchDags(BROKEN),
      repair: () => patchDags(null),
    },
    standbyStopped: {
      what: 'replica stopped',
      alert: 'PostgresDown',
      path: '/ticket',
      within: 300,
      inject: async () => {
        const { primary, standbys } = await whole(240);
        const first = standbys.find(({ name }) => name === `${WORKLOAD.postgres}-0`);
        // Kubernetes stops the member of the highest number. Without the first among the standbys it is the primary.
        if (first !== undefined) {
          await switchOver(primary, first);
          await whole(240);
        }
        await scale(server, postgres.members - 1);
      },
      repair: async () => {
        await scale(server, postgres.members);
        await whole(300);
      },
    },
    primaryKeptDown: {
      what: 'primary killed and kept down, and with it whoever could take over',
      alert: 'NoPrimary',
      path: '/page',
      within: 240,
      inject: async () => {
        await scale(server, 0);
        const selector = `app.kubernetes.io/name=${WORKLOAD.postgres}`;
        await kubectl(['delete', 'pods', '--selector', selector, '--grace-period=1']);
      },
      repair: async () => {
        await scale(server, postgres.members);
        await whole(420);
      },
    },
  };
}

/** @throws Error where the suite runs without a program that reaches the nodes */
function nodesOfTest(): Machines {
  const tool = process.env.CLUSTER_TOOL ?? '';
  if (tool === '') throw new Error('CLUSTER_TOOL is not set: a program that runs a command on a node');
  return new Machines(tool);
}
