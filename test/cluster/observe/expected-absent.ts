/** Metrics that a rule or a dashboard reads and that a platform that has just come up does not have, each with the reason. */
export const EXPECTED_ABSENT: Readonly<Record<string, string>> = {
  airflow_dagrun_duration_failed: 'exists once a DAG run has failed',
  airflow_task_instances_without_heartbeats_killed: 'exists once a task has died without a word',
  edtech_backup_size_bytes: 'exists once there is a backup',
  edtech_restore_drill_failed: 'exists once a drill has run',
  pg_replication_slots_slot_is_active: 'the name of version 0.20; the exporter of the test images is older',
  grafana_plugin_request_duration_seconds_bucket: 'the stand-in for Grafana in the test images has no such figure',
  'job:grafana_query:p95_5m': 'recorded from the figure above',
  kube_job_failed: 'exists once a Job has failed',
  kube_pod_container_status_waiting_reason: 'exists while a container waits',
  kube_pod_init_container_status_waiting_reason: 'exists while an init container waits',
  'edtech:log_error_kinds_new:1d': 'exists once there are logs of yesterday to compare with',
  'edtech:pipeline_failures:2h': 'exists once a run of a DAG has failed',
  otelcol_exporter_send_failed_log_records_total: 'exists once sending has failed',
};
