import { analyticsAlerts } from './alerts/analytics';
import { ingestAlerts } from './alerts/ingest';
import { platformAlerts } from './alerts/platform';
import { postgresAlerts } from './alerts/postgres';
import type { Alert, Group, Inhibition } from './model';
import { objectiveGroups } from './objectives';

/** Names that differ between versions of postgres_exporter meet here; nothing else reads them. */
const POSTGRES_NAMES: Group = {
  name: 'postgres-names',
  interval: '15s',
  recordings: [
    { record: 'edtech:pg_slot_retained_bytes', expr: 'max by (pod, slot_name) (pg_replication_slots_pg_wal_lsn_diff)' },
    {
      record: 'edtech:pg_slot_active',
      expr: 'max by (pod, slot_name) (pg_replication_slots_slot_is_active or pg_replication_slots_active)',
    },
  ],
};

export interface RuleOptions {
  /** Whether commits wait for a standby; without, its absence is no alert. */
  readonly synchronous: boolean;
  /** Whether the logs are collected. */
  readonly logs: boolean;
  /** Whole days that samples are kept: no budget is counted over more. @default as many as any objective asks for */
  readonly daysKept?: number;
}

/** Alerts that a site may not have, by the option that they need. */
export const OPTIONAL_ALERTS: Readonly<Record<'synchronous' | 'logs', readonly string[]>> = {
  synchronous: ['NoSyncStandby'],
  logs: ['PipelineFailed', 'ErrorLogs', 'ErrorsOfTheDay'],
};

/** Every rule of the platform. */
export function ruleGroups(
  { synchronous, logs, daysKept = Infinity }: RuleOptions = { synchronous: true, logs: true },
): Group[] {
  const without = new Set([...(synchronous ? [] : OPTIONAL_ALERTS.synchronous), ...(logs ? [] : OPTIONAL_ALERTS.logs)]);
  const alerts = (name: string, list: readonly Alert[]): Group => ({
    name,
    interval: '15s',
    alerts: list.filter(({ alert }) => !without.has(alert)),
  });
  return [
    POSTGRES_NAMES,
    ...objectiveGroups(daysKept),
    alerts('ingest', ingestAlerts),
    alerts('analytics', analyticsAlerts),
    alerts('postgres', postgresAlerts),
    alerts('platform', platformAlerts),
  ];
}

export const alertsOf = (groups: readonly Group[]): Alert[] => groups.flatMap(({ alerts = [] }) => alerts);

/** Without a primary everything that writes stands still: one page, not five. */
export const INHIBITIONS: readonly Inhibition[] = [
  {
    sources: ['NoPrimary'],
    targets: [
      'IngestStopped',
      'IngestBacklog',
      'ShardsUnowned',
      'RollupStalled',
      'DailyAnalyticsLate',
      'NoSyncStandby',
      'ReplicaLag',
      'ConnectionsHigh',
    ],
  },
  { sources: ['PostgresDown'], targets: ['ReplicaLag'] },
  { sources: ['IngestStopped'], targets: ['IngestBacklog', 'ShardsUnowned'] },
];
