import { growing, NOW, steady, type Case } from './types';

const VOLUME = '{persistentvolumeclaim="data-edtech-postgres-0"}';
const AVAILABLE = `kubelet_volume_stats_available_bytes${VOLUME}`;
const CAPACITY = `kubelet_volume_stats_capacity_bytes${VOLUME}`;
const ROOM =
  'kubelet_volume_stats_available_bytes{job="kubelet",namespace="edtech",persistentvolumeclaim="data-edtech-postgres-0"}';
const STATE_UP = 'up{job="kube-state-metrics",namespace="edtech",pod="a"}';
const LOST = 'kube_deployment_status_replicas_available{namespace="edtech",deployment="edtech-grafana"}';
const WANTED = 'kube_deployment_spec_replicas{namespace="edtech",deployment="edtech-grafana"}';
const QUERY_UP = 'edtech_exporter_query_up{job="exporter",query="storage"}';
const LAST_SUCCESS = 'edtech_exporter_last_success_timestamp_seconds{job="exporter",query="storage"}';
const CERTIFICATE = 'edtech_certificate_end_timestamp_seconds{job="exporter",certificate="edtech-postgres-tls"}';
const OTHER_CERTIFICATE = CERTIFICATE.replace('postgres', 'pages');
const FAILED = 'alertmanager_notifications_failed_total{job="alertmanager",integration="email",reason="other"}';
const ANY_BACKUP = 'edtech_backup_last_completion_timestamp_seconds{kind="any"}';
const ACTIVE = 'kube_job_status_active{job_name="edtech-backup-full-29876543"}';

export const platformCases: Readonly<Record<string, Case>> = {
  BackupTooOld: {
    fires: {
      series: { 'edtech_backup_last_completion_timestamp_seconds{kind="full"}': steady(-8 * 86_400) },
      at: '11m',
    },
    silent: {
      series: {
        'edtech_backup_last_completion_timestamp_seconds{kind="full"}': steady(-7 * 86_400),
        'edtech_backup_last_completion_timestamp_seconds{kind="any"}': NOW,
      },
      at: '11m',
    },
    alsoFires: [
      // No run goes on, or the one that does is of something else.
      { series: { [ANY_BACKUP]: steady(-27 * 3600), [ACTIVE]: steady(0) }, at: '11m' },
      {
        series: {
          [ANY_BACKUP]: steady(-27 * 3600),
          'kube_job_status_active{job_name="edtech-restore-drill-1"}': steady(1),
        },
        at: '11m',
      },
      // Each night a Job whose pod cannot start is active for twelve hours.
      { series: { [ANY_BACKUP]: steady(-50 * 3600), [ACTIVE]: steady(1) }, at: '11m' },
      // It stays one alert when that Job is ended, and when the next one begins.
      { series: { [ANY_BACKUP]: steady(-50 * 3600), [ACTIVE]: '1x44 0x4 1x40' }, at: '13m' },
    ],
    // A full backup that takes three hours, and one that takes twelve.
    alsoSilent: [27, 38].map((hours) => ({
      series: { [ANY_BACKUP]: steady(-hours * 3600), [ACTIVE]: steady(1) },
      at: '11m',
    })),
  },
  RestoreDrillFailed: {
    fires: {
      series: {
        'kube_job_status_failed{job_name="edtech-restore-drill-1"}': '0x4 1x40',
        'kube_job_status_start_time{job_name="edtech-restore-drill-1"}': NOW,
        edtech_restore_drill_last_timestamp_seconds: steady(-86_400),
      },
      at: '2m',
    },
    silent: {
      series: {
        edtech_restore_drill_failed: steady(0),
        'kube_job_status_failed{job_name="edtech-backup-full-1"}': steady(1),
        // Kept by its CronJob; a later drill has passed.
        'kube_job_status_failed{job_name="edtech-restore-drill-1"}': steady(1),
        'kube_job_status_start_time{job_name="edtech-restore-drill-1"}': steady(-7200),
        edtech_restore_drill_last_timestamp_seconds: steady(-3600),
      },
      at: '2m',
    },
    // The same, and the exporter has been away for a while.
    alsoSilent: {
      series: {
        'kube_job_status_failed{job_name="edtech-restore-drill-1"}': steady(1),
        'kube_job_status_start_time{job_name="edtech-restore-drill-1"}': steady(-7200),
        edtech_restore_drill_last_timestamp_seconds: '-3600x20 stale _x100',
      },
      at: '15m',
    },
  },
  RestoreDrillTooOld: {
    fires: { series: { edtech_restore_drill_last_timestamp_seconds: steady(-10 * 86_400) }, at: '65m' },
    silent: { series: { edtech_restore_drill_last_timestamp_seconds: steady(-8 * 86_400) }, at: '65m' },
  },
  VerificationTooOld: {
    fires: { series: { edtech_verify_last_timestamp_seconds: steady(-3 * 86_400) }, at: '65m' },
    silent: { series: { edtech_verify_last_timestamp_seconds: steady(-86_400) }, at: '65m' },
  },
  VolumeFilling: {
    fires: { series: { [AVAILABLE]: '140-0.01x960', [CAPACITY]: steady(1000) }, at: '3h' },
    // Little room, but nothing grows.
    silent: { series: { [AVAILABLE]: steady(140), [CAPACITY]: steady(1000) }, at: '3h' },
  },
  VolumeAlmostFull: {
    fires: { series: { [AVAILABLE]: steady(29), [CAPACITY]: steady(1000) }, at: '2m' },
    silent: { series: { [AVAILABLE]: steady(30), [CAPACITY]: steady(1000) }, at: '2m' },
  },
  PodUnhealthy: {
    // Between two crashes the container is not waiting: every fourth sample only.
    fires: {
      series: {
        'kube_pod_container_status_waiting_reason{namespace="edtech",pod="a",container="b",reason="CrashLoopBackOff"}':
          '1 0 0 0 '.repeat(80).trim(),
      },
      at: '18m',
    },
    // A container that the others wait for.
    alsoFires: {
      series: {
        'kube_pod_init_container_status_waiting_reason{namespace="edtech",pod="a",container="b",reason="ImagePullBackOff"}':
          steady(1),
      },
      at: '18m',
    },
    silent: { series: { [WANTED]: steady(2), [LOST]: '1x40 2x60' }, at: '18m' },
  },
  JobFailed: {
    fires: {
      series: {
        'kube_job_failed{job_name="edtech-migrations-bbbbbbbbbb",condition="true"}': '_x4 1x40',
        'kube_job_failed{job_name="edtech-migrations-bbbbbbbbbb",condition="false"}': '_x4 0x40',
        'kube_job_status_start_time{job_name="edtech-migrations-bbbbbbbbbb"}': steady(-3600),
        'kube_job_status_succeeded{job_name="edtech-migrations-bbbbbbbbbb"}': steady(0),
        // That of the release before, and a later one of something else.
        'kube_job_status_start_time{job_name="edtech-migrations-aaaaaaaaaa"}': steady(-86_400),
        'kube_job_status_succeeded{job_name="edtech-migrations-aaaaaaaaaa"}': steady(1),
        'kube_job_status_start_time{job_name="edtech-backfill-cccccccccc"}': steady(-60),
        'kube_job_status_succeeded{job_name="edtech-backfill-cccccccccc"}': steady(1),
      },
      at: '2m',
    },
    silent: {
      series: {
        // A later release has done it.
        'kube_job_failed{job_name="edtech-migrations-bbbbbbbbbb",condition="true"}': steady(1),
        'kube_job_status_start_time{job_name="edtech-migrations-bbbbbbbbbb"}': steady(-86_400),
        'kube_job_status_start_time{job_name="edtech-migrations-dddddddddd"}': steady(-3600),
        'kube_job_status_succeeded{job_name="edtech-migrations-dddddddddd"}': steady(1),
        // A pod failed and the Job goes on; a Job of a schedule.
        'kube_job_status_failed{job_name="edtech-backfill-cccccccccc"}': steady(1),
        'kube_job_failed{job_name="edtech-backup-full-29876543",condition="true"}': steady(1),
      },
      at: '2m',
    },
  },
  TargetDown: {
    fires: { series: { 'up{job="patroni",pod="a"}': '1x4 0x40' }, at: '7m' },
    // The last answer came at the beginning, and the exporter does not say that it asks in vain.
    alsoFires: {
      series: { 'up{job="exporter"}': steady(1), [QUERY_UP]: steady(1), [LAST_SUCCESS]: '0x4 60x200' },
      at: '12m',
    },
    silent: { series: { 'up{job="patroni",pod="a"}': '1x4 0x10 1x40' }, at: '7m' },
    // Asked once a minute, the answers a minute apart.
    alsoSilent: {
      series: {
        [QUERY_UP]: steady(1),
        [LAST_SUCCESS]: '0x4 60x4 120x4 180x4 240x4 300x4 360x4 420x4 480x4 540x4 600x12',
      },
      at: '13m',
    },
  },
  MonitoringBlind: {
    // Its pod is gone, and with it the target.
    fires: { series: { [STATE_UP]: '1x4 stale', [ROOM]: steady(1000) }, at: '18m' },
    // Kubelets answer and have no figures of our volumes.
    alsoFires: {
      series: {
        [STATE_UP]: steady(1),
        'up{job="kubelet",node="a"}': steady(1),
        [ROOM.replace('="edtech"', '="edtech-node-agents"')]: steady(1000),
      },
      at: '16m',
    },
    // Replaced, which takes ten minutes; it answers with an error, which TargetDown tells.
    silent: { series: { [STATE_UP]: '1x4 stale _x40 1x100', [ROOM]: steady(1000) }, at: '20m' },
    alsoSilent: { series: { [STATE_UP]: steady(0), [ROOM]: steady(1000) }, at: '20m' },
  },
  CertificateEndsSoon: {
    fires: { series: { [CERTIFICATE]: steady(30 * 86_400) }, at: '65m' },
    silent: { series: { [CERTIFICATE]: steady(31 * 86_400) }, at: '65m' },
    // Others are renewed, one of them was seen before.
    alsoFires: { series: { [CERTIFICATE]: steady(0), [OTHER_CERTIFICATE]: steady(365 * 86_400) }, at: '65m' },
  },
  CertificateEnds: {
    fires: { series: { [CERTIFICATE]: steady(7 * 86_400), [OTHER_CERTIFICATE]: steady(365 * 86_400) }, at: '15m' },
    silent: { series: { [CERTIFICATE]: steady(8 * 86_400) }, at: '15m' },
    // Renewed.
    alsoSilent: { series: { [CERTIFICATE]: `${2 * 86_400}x20 ${365 * 86_400}x40` }, at: '15m' },
  },
  NotificationsFailing: {
    // Every minute one fails.
    fires: { series: { [FAILED]: '0x12 1x3 2x3 3x3 4x3 5x3 6x3 7x3 8x3 9x3 10x3 11x3 12x3 13x3 14x3' }, at: '16m' },
    // Two of them while the receiver starts again.
    silent: { series: { [FAILED]: '0x12 1x3 2x100' }, at: '13m' },
    // Another way works.
    alsoSilent: { series: { [FAILED.replace('email', 'webhook')]: steady(3) }, at: '16m' },
  },
  ErrorsOfTheDay: {
    fires: { series: { 'edtech:log_error_kinds_new:1d{app="simulator"}': '_x1319 2x200' }, at: '6h5m' },
    silent: { series: { 'edtech:log_error_kinds_new:1d{app="simulator"}': '2x400' }, at: '1h30m' },
  },
  ErrorLogs: {
    fires: { series: { 'edtech:log_errors:rate5m{app="simulator"}': steady(1.5) }, at: '11m' },
    silent: {
      series: {
        'edtech:log_errors:rate5m{app="simulator"}': steady(0.9),
        'loki_request_duration_seconds_count{status_code="200"}': growing(95),
        'loki_request_duration_seconds_count{status_code="500"}': growing(5),
      },
      at: '16m',
    },
  },
  Watchdog: {
    fires: { series: { up: steady(1) }, at: '1m' },
    silent: { never: 'its silence is the message, and the dead-man receiver notices it' },
  },
};
