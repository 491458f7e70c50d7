import { growing, NOW, steady, type Case, type Series } from './types';

const member = (metric: string, index: number): string => `${metric}{pod="edtech-postgres-${index}"}`;
const members = (metric: string, ...values: string[]): Series =>
  Object.fromEntries(values.map((value, index) => [member(metric, index), value]));
const ACTIVITY = 'pg_stat_activity_count{pod="edtech-postgres-0",backend_type="client backend",state="idle"}';
const LIMITS = {
  'pg_settings_max_connections{pod="edtech-postgres-0"}': steady(103),
  'pg_settings_superuser_reserved_connections{pod="edtech-postgres-0"}': steady(3),
};
const LAG = 'pg_stat_replication_pg_wal_lsn_diff{pod="edtech-postgres-0",application_name="edtech-postgres-1"}';
const TRANSACTION =
  'pg_stat_activity_max_tx_duration{pod="edtech-postgres-0",backend_type="client backend",usename="edtech_analytics_a",application_name="airflow"}';
const PROOF =
  'pg_stat_activity_max_tx_duration{pod="edtech-postgres-0",backend_type="client backend",usename="edtech_simulator_a",application_name="edtech-proof"}';
const ARCHIVED = 'pg_stat_archiver_archived_count{pod="edtech-postgres-0"}';
const WRITTEN = 'patroni_xlog_location{pod="edtech-postgres-0"}';
const IS_PRIMARY = 'patroni_primary{pod="edtech-postgres-0"}';
const STARTED = 'process_start_time_seconds{job="prometheus"}';
const REPLICAS = 'kube_statefulset_replicas{statefulset="edtech-postgres"}';

export const postgresCases: Readonly<Record<string, Case>> = {
  PostgresDown: {
    // The second member never came: it has no series at all.
    fires: { series: { ...members('pg_up', steady(1)), [REPLICAS]: steady(2), [STARTED]: steady(0) }, at: '17m' },
    alsoFires: [
      // A platform of some minutes, whose members were all there, loses one: it does not answer, or Kubernetes has taken its exporter, too.
      { series: { ...members('pg_up', steady(1), '1x4 0x40'), [REPLICAS]: steady(2), [STARTED]: steady(0) }, at: '3m' },
      {
        series: { ...members('pg_up', steady(1), '1x4 stale'), [REPLICAS]: steady(2), [STARTED]: steady(0) },
        at: '6m',
      },
      // Scaled down, which leaves its exporter.
      {
        series: { ...members('pg_up', steady(1), '1x4 0x40'), [REPLICAS]: '2x4 1x40', [STARTED]: steady(0) },
        at: '3m',
      },
      // Where no cluster counts members.
      { series: { ...members('pg_up', '1x4 0x40'), [STARTED]: steady(0) }, at: '3m' },
    ],
    silent: { series: { ...members('pg_up', steady(1), '1x4 0x2 1x40'), [REPLICAS]: steady(2) }, at: '2m' },
    alsoSilent: [
      // Exporters are replaced one after the other: one of them is always away.
      {
        series: { ...members('pg_up', '1x4 stale _x4 1x80', '1x9 stale _x4 1x80'), [REPLICAS]: steady(2) },
        at: '150s',
      },
      // A new platform: the first member is there, the second one is being made, the third one's exporter is not there yet.
      {
        series: { ...members('pg_up', '0x8 1x60', '0x80'), [REPLICAS]: steady(3), [STARTED]: steady(0) },
        at: '14m',
      },
    ],
  },
  NoPrimary: {
    fires: { series: members('patroni_primary', '1x4 0x40', steady(0)), at: '2m' },
    // The primary's pod is gone while Prometheus starts again, which leaves its last sample; it has not been seen for a quarter of an hour.
    alsoFires: { series: { ...members('patroni_primary', '1x4 _x80'), [STARTED]: steady(0) }, at: '20m' },
    // A planned switchover, and one sample in which both are replicas.
    silent: { series: members('patroni_primary', '1x4 0x40', '0x6 1x40'), at: '2m' },
    // A new platform.
    alsoSilent: { series: { ...members('patroni_primary', steady(0), steady(0)), [STARTED]: steady(0) }, at: '14m' },
  },
  TwoPrimaries: {
    fires: { series: members('patroni_primary', steady(1), steady(1)), at: '1m' },
    silent: { series: members('patroni_primary', '1x4 0x40', '0x4 1x40'), at: '1m' },
    // The old primary's pod went away while Prometheus started again.
    alsoSilent: { series: members('patroni_primary', '1x4 _x40', '0x4 1x40'), at: '3m' },
  },
  NoSyncStandby: {
    fires: { series: members('patroni_sync_standby', '0x40', '1x4 0x40'), at: '4m' },
    alsoFires: { series: { ...members('patroni_sync_standby', steady(0)), [STARTED]: steady(0) }, at: '18m' },
    // The first standby of a new platform is being made.
    alsoSilent: { series: { ...members('patroni_sync_standby', steady(0)), [STARTED]: steady(0) }, at: '14m' },
    // Quorum mode names its standbys differently.
    silent: {
      series: {
        ...members('patroni_sync_standby', steady(0), steady(0)),
        ...members('patroni_quorum_standby', steady(0), steady(1)),
      },
      at: '3m',
    },
  },
  ReplicaLag: {
    fires: { series: { [LAG]: growing(4e6) }, at: '12m' },
    silent: { series: { [LAG]: '0x8 90000000x4 0x60' }, at: '12m' },
  },
  DcsUnreachable: {
    fires: { series: { ...members('patroni_dcs_last_seen', NOW, '0x60') }, at: '3m' },
    alsoFires: { series: { ...members('patroni_failsafe_mode_is_active', steady(0), steady(1)) }, at: '2m' },
    // A member's pod and Prometheus went away together: its last sample has no end, and is in sight for five minutes.
    alsoSilent: {
      series: {
        ...members('patroni_dcs_last_seen', NOW, '0+15x4 _x40'),
        ...members('patroni_failsafe_mode_is_active', steady(0), '1x4 _x40'),
      },
      at: '4m',
    },
    silent: {
      series: {
        ...members('patroni_dcs_last_seen', NOW, NOW),
        ...members('patroni_failsafe_mode_is_active', steady(0)),
      },
      at: '3m',
    },
  },
  PatroniPaused: {
    fires: { series: members('patroni_is_paused', steady(1)), at: '61m' },
    silent: { series: members('patroni_is_paused', '1x200 0x60'), at: '61m' },
  },
  ConnectionsHigh: {
    fires: { series: { [ACTIVITY]: steady(81), ...LIMITS }, at: '11m' },
    silent: { series: { [ACTIVITY]: steady(80), ...LIMITS }, at: '11m' },
  },
  LongTransaction: {
    fires: { series: { [TRANSACTION]: growing(15) }, at: '8m' },
    alsoFires: [
      // Both at once, by the same login.
      { series: { [PROOF]: growing(15), [PROOF.replace('edtech-proof', 'psql')]: growing(15) }, at: '8m' },
      // A session that a proof has left over.
      { series: { [PROOF]: growing(15, 21_500) }, at: '10m' },
    ],
    silent: { series: { [TRANSACTION]: steady(299) }, at: '8m' },
    // The platform's own proof of 700 million events.
    alsoSilent: { series: { [PROOF]: growing(15) }, at: '20m' },
  },
  WalArchiveFailing: {
    // Archived for a while, then no more.
    fires: { series: { [ARCHIVED]: '0+1x40 40x900', [WRITTEN]: growing(1000), [IS_PRIMARY]: steady(1) }, at: '32m' },
    // Never archived at all: a stanza that could not be created.
    alsoFires: { series: { [ARCHIVED]: steady(0), [WRITTEN]: growing(1000), [IS_PRIMARY]: steady(1) }, at: '7m' },
    // Away for ten minutes, then everything at once.
    silent: {
      series: { [ARCHIVED]: '0+1x40 40x40 50+0.25x800', [WRITTEN]: growing(1000), [IS_PRIMARY]: steady(1) },
      at: '24m',
    },
  },
  SlotRetainsWal: {
    fires: {
      series: {
        'pg_replication_slots_active{pod="edtech-postgres-0",slot_name="s"}': steady(0),
        'patroni_primary{pod="edtech-postgres-0"}': steady(1),
      },
      at: '16m',
    },
    silent: {
      series: {
        'pg_replication_slots_slot_is_active{pod="edtech-postgres-0",slot_name="s"}': steady(1),
        'pg_replication_slots_pg_wal_lsn_diff{pod="edtech-postgres-0",slot_name="s"}': steady(4e9),
        'pg_replication_slots_slot_is_active{pod="edtech-postgres-1",slot_name="t"}': steady(0),
        'patroni_primary{pod="edtech-postgres-1"}': steady(0),
      },
      at: '16m',
    },
  },
};
