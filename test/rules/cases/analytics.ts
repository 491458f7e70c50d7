import { growing, steady, type Case } from './types';

const LATE = 'edtech_analytics_days_late{cohort="North"}';
const CHECKS = 'edtech_data_quality_failed_checks{cohort="North",scope="newest run"}';
const HEARTBEAT = 'airflow_scheduler_heartbeat{job="airflow"}';
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
    silent: { series: { [HEARTBEAT]: growing(3), [ERRORS]: '0x10 1x10 0x60' }, at: '10m' },
  },
};
