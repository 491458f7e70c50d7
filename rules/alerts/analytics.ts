import type { Alert } from '../model';
import { hasBeenThere } from '../new-platform';

/** Days for which partitions are there before they are needed. */
export const PARTITIONS_AHEAD = 2;

/** Daily analytics and the partitions that they read. */
export const analyticsAlerts: readonly Alert[] = [
  {
    alert: 'DailyAnalyticsLate',
    severity: 'critical',
    expr: 'max by (cohort) (edtech_analytics_days_late) > 0',
    for: '5m',
    summary: '{{ $labels.cohort }}: {{ $value }} day(s) were not published by 07:00 of the next day',
  },
  {
    alert: 'DataQualityFailed',
    severity: 'warning',
    expr: 'max by (cohort, scope) (edtech_data_quality_failed_checks) > 0',
    summary: '{{ $labels.cohort }}: {{ $value }} data quality check(s) fail ({{ $labels.scope }})',
  },
  {
    alert: 'LargeRestatement',
    severity: 'warning',
    expr: 'max(edtech_restatement_largest_ratio) > 0.05',
    summary: 'A total of the platform was restated by {{ $value | humanizePercentage }}',
  },
  {
    alert: 'PartitionMissing',
    severity: 'warning',
    expr: `max(edtech_partitions_ahead) < ${PARTITIONS_AHEAD}`,
    for: '10m',
    summary: 'Only {{ $value }} day partition(s) are prepared ahead',
  },
  {
    alert: 'AirflowUnhealthy',
    severity: 'warning',
    expr: `((sum(rate(airflow_scheduler_heartbeat[2m])) or vector(0)) == 0 and on () ${hasBeenThere('count(max_over_time(airflow_scheduler_heartbeat[15m])) > 0')}) or max(airflow_dag_processing_import_errors) > 0`,
    for: '5m',
    summary: 'The scheduler of Airflow is silent, or DAG files do not load',
  },
  {
    alert: 'PipelineFailed',
    severity: 'warning',
    expr: 'max by (dag_id) (edtech:pipeline_failures:2h) > 0',
    summary: 'DAG {{ $labels.dag_id }} failed within the last two hours',
  },
];
