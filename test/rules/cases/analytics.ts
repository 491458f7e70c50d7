import { growing, steady, type Case } from './types';

const LATE = 'edtech_analytics_days_late{cohort="North"}';
const CHECKS = 'edtech_data_quality_failed_checks{cohort="North",scope="newest run"}';
const HEARTBEAT = 'airflow_scheduler_heartbeat{job="airflow"}';
const STARTED = 'process_start_time_seconds{job="prometheus"}';
const FAILURES = 'edtech:pipeline_failures:2h{dag_id="retention"}';
const ERRORS = 'airflow_dag_processing_import_errors{job="airflow"}';

export const analyticsCases: Readonly<Record<string, Case>> = {
  DailyAnalyticsLate: {
    fires: { series: { [LATE]: steady(1) }, at: '6m' },
    // Published within the five minutes after 07:00.
    silent: { series: { [LATE]: '0x4 1x16 0x40' }, at: '6m' },
  },
  DataQualityFailed: {
    fires: { series: { [CHECKS]: '0x4 2x40' }, at: '2m' },
    silent: { series: { [CHECKS]: steady(0) }, at: '2m' },
  },
  LargeRestatement: {
    fires: { series: { edtech_restatement_largest_ratio: steady(0.06) }, at: '1m' },
    silent: { series: { edtech_restatement_largest_ratio: steady(0.05) }, at: '1m' },
  },
  PartitionMissing: {
    fires: { series: { edtech_partitions_ahead: steady(1) }, at: '11m' },
    silent: { series: { edtech_partitions_ahead: '1x30 2x60' }, at: '11m' },
  },
  AirflowUnhealthy: {
    fires: { series: { [HEARTBEAT]: `${growing(3).replace('960', '20')} 60x60`, [ERRORS]: steady(0) }, at: '15m' },
    alsoFires: [
      // It never came.
      { series: { [STARTED]: steady(0) }, at: '21m' },
      // On a platform of some minutes it came, and went away with its series.
      { series: { [HEARTBEAT]: '_x16 0+3x8 stale', [STARTED]: steady(0) }, at: '14m' },
      // A file does not load, on a new platform as well.
      { series: { [ERRORS]: steady(1), [STARTED]: steady(0) }, at: '6m' },
    ],
    silent: { series: { [HEARTBEAT]: growing(3), [ERRORS]: '0x10 1x10 0x60' }, at: '10m' },
    // A new platform, on which the scheduler has yet to begin.
    alsoSilent: { series: { [HEARTBEAT]: '_x56 0+3x80', [STARTED]: steady(0) }, at: '13m' },
  },
  PipelineFailed: {
    // The first failure makes the series.
    fires: { series: { [FAILURES]: '_x8 1x40' }, at: '3m' },
    // Two hours later it ends.
    silent: { series: { [FAILURES]: '1x8 stale _x40' }, at: '3m' },
  },
};
