import type { Alert } from '../model';
import { STARTED_LONG_AGO } from '../new-platform';
import { BURNS_FAST, BURNS_SLOWLY } from '../objectives';

/** How long events may wait for the live roll-ups. */
export const ROLLUP_STALLED_SECONDS = 120;

/** Objectives, the stream and the roll-ups that follow it. */
export const ingestAlerts: readonly Alert[] = [
  {
    alert: 'SloBurnFast',
    severity: 'critical',
    expr: BURNS_FAST,
    for: '2m',
    summary: 'The error budget of {{ $labels.slo }} is being used up within days',
  },
  {
    alert: 'SloBurnSlow',
    severity: 'warning',
    expr: BURNS_SLOWLY,
    for: '15m',
    summary: 'The error budget of {{ $labels.slo }} will not last its window',
  },
  {
    alert: 'IngestStopped',
    severity: 'critical',
    // The age also says so when the simulator is gone: the exporter reads it from the ledger.
    expr: [
      'time() - max(edtech_ingest_last_commit_timestamp_seconds) > 60',
      // A new platform has nothing until its history begins to load.
      `(absent(edtech_ingest_last_commit_timestamp_seconds) and on () ${STARTED_LONG_AGO})`,
    ].join(' or '),
    for: '30s',
    summary: 'No batch of events was committed for more than a minute',
  },
  {
    alert: 'IngestBacklog',
    severity: 'warning',
    expr: 'max(edtech_ingest_backlog_seconds) > 300',
    for: '10m',
    summary: 'Ingest is {{ $value | humanizeDuration }} behind and does not catch up',
  },
  {
    alert: 'ShardsUnowned',
    severity: 'warning',
    expr: 'max(edtech_shards_leased) < max(edtech_shards_total)',
    for: '1m',
    summary: 'Only {{ $value }} shards have a replica that works on them',
  },
  {
    alert: 'RollupStalled',
    severity: 'warning',
    expr: `max(edtech_rollup_oldest_pending_seconds{job="exporter"}) > ${ROLLUP_STALLED_SECONDS}`,
    for: '5m',
    summary: 'Events wait {{ $value | humanizeDuration }} for the live roll-ups',
  },
  {
    alert: 'AcknowledgedLost',
    severity: 'critical',
    // The missing events are made again, so nothing else can show it. Summed over shards, of all replicas.
    expr: 'sum(increase(edtech_ingest_acknowledged_lost_seconds_total[1h])) > 0',
    summary: 'The database lost events whose commit it had acknowledged',
  },
  {
    alert: 'IntegrityDifference',
    severity: 'critical',
    // The last run says how many events of which kind, or how many dropped days whose recorded checksum is not the stream's; a day of an earlier run stays wrong until it is verified again.
    expr: 'max by (kind) (edtech_verify_difference_events) > 0 or on () max(edtech_verify_failed_days) > 0',
    summary:
      'Stored events differ from the stream: {{ $value }} {{ if eq $labels.kind "unproven" }}dropped day(s) unproven{{ else if $labels.kind }}event(s) {{ $labels.kind }}{{ else }}day(s) of an earlier verification{{ end }}',
  },
];
