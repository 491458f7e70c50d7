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
  'pg_stat_activity_max_tx_duration{pod="edtech-postgres-0",backend_type="client backend",usename="edtech_analytics_a"}';
const ARCHIVED = 'pg_stat_archiver_archived_count{pod="edtech-postgres-0"}';
const WRITTEN = 'patroni_xlog_location{pod="edtech-postgres-0"}';
const IS_PRIMARY = 'patroni_primary{pod="edtech-postgres-0"}';
const STARTED = 'process_start_time_seconds{job="prometheus"}';
const REPLICAS = 'kube_statefulset_replicas{statefulset="edtech-postgres"}';

export const postgresCases: Readonly<Record<string, Case>> = {
  PostgresDown: {
    // The second member is not there: it has no series at all.
    fires: { series: { ...members('pg_up', steady(1)), [REPLICAS]: steady(2) }, at: '2m' },
    silent: { series: { ...members('pg_up', steady(1), '1x4 0x2 1x40'), [REPLICAS]: steady(2) }, at: '2m' },
    // Exporters are replaced one after the other: one of them is always away.
    alsoSilent: {
      series: { ...members('pg_up', '1x4 stale _x4 1x80', '1x9 stale _x4 1x80'), [REPLICAS]: steady(2) },
      at: '150s',
    },
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
    silent: { series: { [TRANSACTION]: steady(299) }, at: '8m' },
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
