import type { Alert } from '../model';

const FREE = 'kubelet_volume_stats_available_bytes / kubelet_volume_stats_capacity_bytes';
const BROKEN = 'CrashLoopBackOff|ImagePullBackOff|ErrImagePull|CreateContainerConfigError|RunContainerError';
const HOUR = 3600;
const DAY = 24 * HOUR;
const backupAge = (kind: string): string =>
  `time() - max by (kind) (edtech_backup_last_completion_timestamp_seconds{kind="${kind}"})`;
const waiting = (metric: string): string =>
  `max by (namespace, pod, container) (max_over_time(${metric}{reason=~"${BROKEN}"}[5m])) > 0`;

const CERTIFICATE_LEFT = 'min by (certificate) (edtech_certificate_end_timestamp_seconds) - time()';

/** Jobs that run once per template: their names end in its hash, those of CronJobs in a time. */
const ONCE = 'job_name=~"edtech-.+-[0-9a-f]{10}"';
const byWorkload = (figure: string): string =>
  `max by (workload, job_name) (label_replace(${figure}, "workload", "$1", "job_name", "(.+)-[0-9a-f]{10}"))`;
const BEGUN = byWorkload(`kube_job_status_start_time{${ONCE}}`);

/** Longest that a backup may run: a full one of a large database takes hours on a slow export; what takes longer is stuck and is ended. */
export const LONGEST_BACKUP_SECONDS = 12 * HOUR;
/** Age in which the newest backup of any kind is told, and in which it is although a run is under way: that run, begun in time, would be over. */
const BACKUP_OLD = 26 * HOUR;
const BACKUP_OLD_ANYWAY = BACKUP_OLD + LONGEST_BACKUP_SECONDS + HOUR;

/** Shares of a volume that are free. */
export const FILLING_FREE = 0.15;
export const ALMOST_FULL_FREE = 0.03;
/** Share of requests that the log store answers with an error of its own. */
export const LOKI_ERRORS = 0.1;

/** Backups, volumes, pods, the monitoring itself. */
export const platformAlerts: readonly Alert[] = [
  {
    alert: 'BackupTooOld',
    severity: 'critical',
    // A full backup may take hours, in which the one before it grows older than the next one should be. But a Job is active as well whose pod
    // cannot start, night after night.
    expr: `${backupAge('full')} > ${8 * DAY} or (${backupAge('any')} > ${BACKUP_OLD} unless on () max(kube_job_status_active{job_name=~"edtech-backup-(full|incr)-.*"}) > 0) or ${backupAge('any')} > ${BACKUP_OLD_ANYWAY}`,
    for: '10m',
    summary: 'The newest {{ $labels.kind }} backup is {{ $value | humanizeDuration }} old',
  },
  {
    alert: 'RestoreDrillFailed',
    severity: 'critical',
    // A Job that failed counts unless a drill was recorded after it had begun: then that record is what is known.
    expr: 'max(edtech_restore_drill_failed) > 0 or (max by (job_name) (kube_job_status_failed{job_name=~".*restore-drill.*"}) > 0 unless on (job_name) max by (job_name) (kube_job_status_start_time{job_name=~".*restore-drill.*"}) < scalar(max(last_over_time(edtech_restore_drill_last_timestamp_seconds[1h]))))',
    summary: 'The last restore drill failed: the backups may not be restorable',
  },
  {
    alert: 'RestoreDrillTooOld',
    severity: 'warning',
    expr: `time() - max(edtech_restore_drill_last_timestamp_seconds) > ${9 * DAY}`,
    for: '1h',
    summary: 'The last restore drill was {{ $value | humanizeDuration }} ago',
  },
  {
    alert: 'VerificationTooOld',
    severity: 'warning',
    expr: `time() - max(edtech_verify_last_timestamp_seconds) > ${2 * DAY}`,
    for: '1h',
    summary: 'What is stored was last verified {{ $value | humanizeDuration }} ago',
  },
  {
    alert: 'VolumeFilling',
    severity: 'warning',
    expr: `${FREE} < ${FILLING_FREE} and predict_linear(kubelet_volume_stats_available_bytes[6h], ${4 * DAY}) < 0`,
    for: '1h',
    summary: 'Volume {{ $labels.persistentvolumeclaim }} will be full within four days',
  },
  {
    alert: 'VolumeAlmostFull',
    severity: 'critical',
    expr: `${FREE} < ${ALMOST_FULL_FREE}`,
    for: '1m',
    summary: 'Volume {{ $labels.persistentvolumeclaim }} has {{ $value | humanizePercentage }} left',
  },
  {
    alert: 'PodUnhealthy',
    severity: 'warning',
    expr: [
      waiting('kube_pod_container_status_waiting_reason'),
      waiting('kube_pod_init_container_status_waiting_reason'),
      'max by (namespace, deployment) (kube_deployment_spec_replicas) > on (namespace, deployment) max by (namespace, deployment) (kube_deployment_status_replicas_available)',
      'max by (namespace, statefulset) (kube_statefulset_replicas) > on (namespace, statefulset) max by (namespace, statefulset) (kube_statefulset_status_replicas_ready)',
      'max by (namespace, daemonset) (kube_daemonset_status_desired_number_scheduled) > on (namespace, daemonset) max by (namespace, daemonset) (kube_daemonset_status_number_ready)',
    ].join(' or '),
    for: '15m',
    summary:
      '{{ $labels.pod }}{{ $labels.deployment }}{{ $labels.statefulset }}{{ $labels.daemonset }} does not come up',
  },
  {
    alert: 'JobFailed',
    severity: 'warning',
    // Its pod is deleted, so nothing else shows it. A Job that failed stays; one of the same workload that began later and succeeded has done its work.
    expr: `${byWorkload(`kube_job_failed{${ONCE}, condition="true"}`)} == 1 unless on (job_name) (${BEGUN} < on (workload) group_left () max by (workload) (${BEGUN} and on (job_name) kube_job_status_succeeded > 0))`,
    summary: 'Job {{ $labels.job_name }} has failed after its last try: nobody does its work',
  },
  {
    alert: 'TargetDown',
    severity: 'warning',
    // A query that fails says so; one that is never asked again only grows old. The rarest is asked every minute.
    expr: 'up == 0 or edtech_exporter_query_up == 0 or time() - edtech_exporter_last_success_timestamp_seconds > 300',
    for: '5m',
    summary: 'No figures from {{ $labels.job }} {{ $labels.pod }} {{ $labels.query }}',
  },
  {
    alert: 'MonitoringBlind',
    severity: 'warning',
    // A target that is not there at all is not down. Without these every other alert about pods, Jobs or volumes is silent.
    expr: 'absent(up{job="kube-state-metrics"}) or absent(kubelet_volume_stats_available_bytes{job="kubelet", namespace="edtech"})',
    for: '15m',
    summary:
      'Nothing is known from {{ $labels.job }}: alerts about pods and Jobs, or about room on volumes, are silent',
  },
  {
    alert: 'CertificateEndsSoon',
    severity: 'warning',
    expr: `${CERTIFICATE_LEFT} < ${30 * DAY}`,
    for: '1h',
    summary: 'Certificate {{ $labels.certificate }} ends in {{ $value | humanizeDuration }}',
  },
  {
    alert: 'CertificateEnds',
    severity: 'critical',
    expr: `${CERTIFICATE_LEFT} < ${7 * DAY}`,
    for: '10m',
    summary:
      'Certificate {{ $labels.certificate }} ends in {{ $value | humanizeDuration }}: then whoever needs it is refused',
  },
  {
    alert: 'NotificationsFailing',
    severity: 'critical',
    // Each minute a message that was not delivered is tried again, and counted. One failure is a receiver that started again, and loses nothing.
    expr: 'sum by (integration) (rate(alertmanager_notifications_failed_total[5m])) > 0',
    for: '10m',
    summary: 'Alerts are not delivered by {{ $labels.integration }}: what ends meanwhile was told to nobody',
  },
  {
    alert: 'ErrorLogs',
    severity: 'warning',
    expr: `edtech:log_errors:rate5m > 1 or sum(rate(loki_request_duration_seconds_count{status_code=~"5.."}[5m])) / sum(rate(loki_request_duration_seconds_count[5m])) > ${LOKI_ERRORS}`,
    for: '10m',
    summary: '{{ $labels.app }} logs errors every second, or the log store refuses requests',
  },
  {
    alert: 'ErrorsOfTheDay',
    severity: 'warning',
    // Said once a day, in the hour after six; recorded once an hour.
    expr: 'sum by (app) (max_over_time(edtech:log_error_kinds_new:1d[90m])) > 0 and on () hour() == 6',
    summary: '{{ $labels.app }}: {{ $value }} kind(s) of errors since yesterday that the days before did not have',
  },
  {
    alert: 'Watchdog',
    severity: 'none',
    expr: 'vector(1)',
    summary: 'Always firing: when the dead-man receiver misses it, alerting itself is broken',
  },
];
