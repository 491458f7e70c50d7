import { growing, NOW, steady, type Case } from './types';

const COMMIT = 'edtech_ingest_last_commit_timestamp_seconds{job="exporter"}';
const STARTED = 'process_start_time_seconds{job="prometheus"}';
const WATERMARK = 'edtech_ingest_watermark_timestamp_seconds{job="exporter"}';
const LOST = 'edtech_ingest_acknowledged_lost_seconds_total{pod="a"}';
const GRAFANA = 'kube_deployment_status_replicas_available{deployment="edtech-grafana"}';
/** All is well but what a case replaces. */
const WELL = { [COMMIT]: NOW, [WATERMARK]: NOW, [GRAFANA]: steady(1) };

export const ingestCases: Readonly<Record<string, Case>> = {
  SloBurnFast: {
    fires: { series: { ...WELL, [WATERMARK]: `0+15x240 3600x240` }, at: '1h30m' },
    // Half a minute of trouble in an hour is what the budget is for.
    silent: { series: { ...WELL, [WATERMARK]: `0+15x240 3600x3 3660+15x240` }, at: '1h10m' },
    // A new platform: nothing was ingested in the first quarter of an hour.
    alsoSilent: { series: { ...WELL, [WATERMARK]: `_x60 900+15x240` }, at: '18m' },
  },
  SloBurnSlow: {
    // Nine minutes of six hours are bad: 2.5 %, five times the budget.
    fires: {
      series: { [COMMIT]: '0+15x1800', [GRAFANA]: '1x1800', [WATERMARK]: '0+15x600 9000x36 9555+15x1200' },
      at: '7h15m',
    },
    // The same in the first hours, when the start of a new platform may be all of it.
    silent: { series: { ...WELL, [WATERMARK]: '0+15x600 9000x36 9555+15x400' }, at: '3h' },
  },
  IngestStopped: {
    fires: { series: { [COMMIT]: `${growing(15).replace('960', '8')} 120x40` }, at: '4m' },
    // Replicas run and renew leases, one has never stored anything.
    alsoFires: {
      series: {
        [COMMIT]: '0+15x8 120x40',
        'edtech_ingest_last_commit_timestamp_seconds{pod="a"}': '0+15x8 120x40',
        'edtech_ingest_last_commit_timestamp_seconds{pod="b"}': steady(0),
      },
      at: '4m',
    },
    silent: { series: { [COMMIT]: `0+15x8 120x2 165+15x40` }, at: '4m' },
    // Nothing has been stored yet.
    alsoSilent: { series: { [STARTED]: steady(0) }, at: '14m' },
  },
  IngestBacklog: {
    fires: { series: { 'edtech_ingest_backlog_seconds{pod="a"}': steady(301) }, at: '11m' },
    silent: { series: { 'edtech_ingest_backlog_seconds{pod="a"}': '1000-20x40 0x200' }, at: '11m' },
  },
  ShardsUnowned: {
    fires: { series: { edtech_shards_leased: steady(63), edtech_shards_total: steady(64) }, at: '2m' },
    silent: { series: { edtech_shards_leased: '64x4 32x2 64x40', edtech_shards_total: steady(64) }, at: '2m' },
  },
  RollupStalled: {
    fires: { series: { 'edtech_rollup_oldest_pending_seconds{job="exporter"}': growing(15) }, at: '8m' },
    silent: { series: { 'edtech_rollup_oldest_pending_seconds{job="exporter"}': steady(119) }, at: '8m' },
  },
  AcknowledgedLost: {
    // The replica that noticed is gone soon afterwards.
    fires: {
      series: { [LOST]: '0x40 5x8', 'edtech_ingest_acknowledged_lost_seconds_total{pod="b"}': steady(0) },
      at: '20m',
    },
    // A loss of more than an hour ago, on a replica that has counted on.
    silent: { series: { [LOST]: '0x8 5x400' }, at: '90m' },
    // A new replica begins at 0.
    alsoSilent: { series: { [LOST]: '_x20 0x400' }, at: '20m' },
  },
  IntegrityDifference: {
    fires: {
      series: {
        'edtech_verify_difference_events{kind="lost"}': '0x8 1x40',
        'edtech_verify_difference_events{kind="extra"}': steady(0),
        edtech_verify_failed_days: steady(0),
      },
      at: '3m',
    },
    // The last run was of other days and found nothing.
    alsoFires: {
      series: { 'edtech_verify_difference_events{kind="lost"}': steady(0), edtech_verify_failed_days: '0x8 1x40' },
      at: '3m',
    },
    silent: {
      series: {
        'edtech_verify_difference_events{kind="lost"}': steady(0),
        'edtech_verify_difference_events{kind="unproven"}': steady(0),
        edtech_verify_failed_days: steady(0),
      },
      at: '3m',
    },
  },
};
