import path from 'node:path';
import { AGENTS_NAMESPACE, WORKLOAD } from '../../../src/names';
import { kubectl, Machines } from '../support/cluster';
import { command } from '../support/command';
import { members, sql, untilWhole } from '../support/members';
import { applyFile, type Variant } from '../support/platform';
import type { Fault } from './fault';
import { applyCrashing, applyFullDisk, CRASHING, deleteTestObjects, SMALL_DISK } from './objects';

const MEMBERS = 2;
const scale = (workload: string, replicas: number): Promise<string> =>
  kubectl(['scale', `statefulset/${workload}`, `--replicas=${replicas}`]);
const BROKEN_DAG = 'zz_broken.py';
const patchDags = (content: string | null): Promise<string> =>
  kubectl(['patch', 'configmap', 'edtech-dags', '--type=merge', '--patch-file=/dev/stdin'], {
    input: JSON.stringify({ data: { [BROKEN_DAG]: content } }),
  });

const primaryName = async (): Promise<string> => (await untilWhole(MEMBERS, 240)).primary.name;

/** Those that take a quarter of an hour and more: begun first, looked for last. */
export const slowFaults = (): readonly Fault[] => [
  {
    what: 'pod crash-looping',
    alert: 'PodUnhealthy',
    path: '/ticket',
    within: 1500,
    inject: applyCrashing,
    repair: () => kubectl(['delete', 'deployment', CRASHING]),
  },
  {
    what: 'archive broken: repository host away',
    alert: 'WalArchiveFailing',
    path: '/page',
    within: 2400,
    inject: () => scale(WORKLOAD.backupRepository, 0),
    repair: () => scale(WORKLOAD.backupRepository, 1),
  },
];

export const fastFaults = (variant: Variant, machines: Machines): readonly Fault[] => [
  {
    // What the check finds is written as the hourly DAG would write it: from there on everything is real.
    what: 'quality check failing',
    alert: 'DataQualityFailed',
    path: '/ticket',
    within: 180,
    inject: async () =>
      sql(
        await primaryName(),
        `insert into analytics.open_day_checks (cohort_id, day, check_name, as_of, failed_rows, detail, failing_since)
         select min(cohort_id), current_date - 2, 'alert_test', clock_timestamp(), 4, 'test', clock_timestamp() from edtech.cohorts`,
      ),
    repair: async () =>
      sql(await primaryName(), `delete from analytics.open_day_checks where check_name = 'alert_test'`),
  },
  {
    what: 'disk nearly full',
    alert: 'VolumeAlmostFull',
    path: '/page',
    within: 420,
    inject: async () => {
      const [{ node }] = await members();
      await machines.exec(node, 'mkdir', '-p', SMALL_DISK);
      await machines.exec(node, 'mount', '-t', 'tmpfs', '-o', 'size=48m,mode=1777', 'tmpfs', SMALL_DISK);
      await applyFullDisk(node);
    },
    repair: async () => {
      const [{ node }] = await members();
      await deleteTestObjects();
      await machines.exec(node, 'umount', SMALL_DISK);
    },
  },
  {
    what: 'collector stopped',
    alert: 'TargetDown',
    path: '/ticket',
    within: 600,
    inject: () =>
      command('kubectl', [
        ...['--namespace', AGENTS_NAMESPACE, 'set', 'image', `daemonset/${WORKLOAD.logCollector}`],
        'log-collector=edtech.invalid/no-such-image:1',
      ]),
    repair: () => applyFile(path.join(variant.directory, '65-logs.k8s.yaml')),
  },
  {
    what: 'DAG failing: a file that does not load',
    alert: 'AirflowUnhealthy',
    path: '/ticket',
    within: 780,
    inject: () => patchDags('raise RuntimeError("broken by a test")\n'),
    repair: () => patchDags(null),
  },
  {
    what: 'replica stopped',
    alert: 'PostgresDown',
    path: '/ticket',
    within: 300,
    inject: async () => {
      const first = `${WORKLOAD.postgres}-0`;
      const primary = await primaryName();
      // Kubernetes stops the member of the highest number.
      if (primary !== first) {
        const flags = ['switchover', '--leader', primary, '--candidate', first, '--force'];
        await kubectl(['exec', primary, '--container=postgres', '--', 'patronictl', '-c', '/etc/patroni', ...flags]);
        await untilWhole(MEMBERS, 240);
      }
      await scale(WORKLOAD.postgres, 1);
    },
    repair: async () => {
      await scale(WORKLOAD.postgres, MEMBERS);
      await untilWhole(MEMBERS, 300);
    },
  },
  {
    what: 'primary killed and kept down, and with it whoever could take over',
    alert: 'NoPrimary',
    path: '/page',
    within: 240,
    inject: async () => {
      await scale(WORKLOAD.postgres, 0);
      await kubectl([
        'delete',
        'pods',
        '--selector',
        `app.kubernetes.io/name=${WORKLOAD.postgres}`,
        '--grace-period=1',
      ]);
    },
    repair: async () => {
      await scale(WORKLOAD.postgres, MEMBERS);
      await untilWhole(MEMBERS, 420);
    },
  },
];
