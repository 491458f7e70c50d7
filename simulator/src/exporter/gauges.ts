import { Gauge, type Registry } from 'prom-client';

/** One value of a gauge. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Everything that the exporter says about the database, with what it means. Base units; labels have a handful of values. */
export const GAUGES = {
  edtech_ingest_watermark_timestamp_seconds: { help: 'Oldest watermark of all shards, from the table', labels: [] },
  edtech_ingest_last_commit_timestamp_seconds: { help: 'When the last batch was committed, by the ledger', labels: [] },
  edtech_ingest_late_share: { help: 'Share of the last hour’s events that came late', labels: [] },
  edtech_shards_leased: { help: 'Shards with a lease in force', labels: [] },
  edtech_shards_total: { help: 'Shards of the stream', labels: [] },
  edtech_rollup_oldest_pending_seconds: {
    help: 'Age of the oldest ledger row with events that is not rolled up, 0 without any',
    labels: [],
  },
  edtech_rollup_pending_batches: { help: 'Ledger rows with events that are not rolled up', labels: [] },
  edtech_analytics_days_late: {
    help: 'Days of the last 14 that ended 7 hours ago or earlier while the stream was live and are not published',
    labels: ['cohort'],
  },
  edtech_analytics_last_published_day_end_timestamp_seconds: {
    help: 'End of the newest published day',
    labels: ['cohort'],
  },
  edtech_analytics_last_run_duration_seconds: { help: 'Time of the newest published run', labels: ['cohort'] },
  edtech_data_quality_failed_checks: {
    help: 'Checks that fail now: of the newest run of each day of a month, and of days that are still open',
    labels: ['cohort', 'scope'],
  },
  edtech_restatement_largest_ratio: {
    help: 'Largest relative change of a platform total, late events aside, that was restated in the last 24 hours',
    labels: [],
  },
  edtech_partitions_ahead: { help: 'Day partitions of the event log after today (UTC)', labels: [] },
  edtech_partitions_held: { help: 'Day partitions of the event log', labels: [] },
  edtech_verify_last_timestamp_seconds: {
    help: 'When a day was last verified; while none was, when the platform was installed',
    labels: [],
  },
  edtech_verify_difference_events: {
    help: 'Differences that the last recorded run of verify found, of its range and by kind: events, and dropped days that are unproven',
    labels: ['kind'],
  },
  edtech_restore_drill_failed: { help: 'Whether the last restore drill failed', labels: [] },
  edtech_restore_drill_last_timestamp_seconds: {
    help: 'When the last restore drill ended; while there was none, when the platform was installed',
    labels: [],
  },
  edtech_restore_drill_duration_seconds: { help: 'Time that the last restore drill took', labels: [] },
  edtech_restore_drill_reached_timestamp_seconds: {
    help: 'Last commit in what the last restore drill restored',
    labels: [],
  },
  edtech_verify_failed_days: { help: 'Held days whose last verification found a difference', labels: [] },
  edtech_backup_last_completion_timestamp_seconds: {
    help: 'End of the newest backup of a kind, or of any; while there is none, when the platform was installed',
    labels: ['kind'],
  },
  edtech_backup_duration_seconds: { help: 'Time that the newest backup of a kind took', labels: ['kind'] },
  edtech_backup_size_bytes: {
    help: 'Size of the newest backup of a kind: of the database, and what it added to the repository',
    labels: ['kind', 'of'],
  },
  edtech_backup_kept_bytes: { help: 'All backups in the repository together, without WAL', labels: [] },
} as const satisfies Record<string, { readonly help: string; readonly labels: readonly string[] }>;

export type GaugeName = keyof typeof GAUGES;
export type Samples = Readonly<Partial<Record<GaugeName, readonly Sample[]>>>;

/** The gauges as prom-client has them. A gauge without a sample is absent, which is not the same as 0. */
export class DatabaseGauges {
  private readonly gauges: ReadonlyMap<GaugeName, Gauge>;

  constructor(registry: Registry) {
    this.gauges = new Map(
      (Object.keys(GAUGES) as GaugeName[]).map((name) => {
        const gauge = new Gauge({
          name,
          help: GAUGES[name].help,
          labelNames: [...GAUGES[name].labels],
          registers: [registry],
        });
        clear(name, gauge);
        return [name, gauge];
      }),
    );
  }

  /** Replaces the samples of the named gauges; what has no sample any more goes away. */
  replace(samples: Samples): void {
    for (const [name, list] of Object.entries(samples) as [GaugeName, readonly Sample[]][]) {
      const gauge = this.gauges.get(name)!;
      clear(name, gauge);
      for (const { labels = {}, value } of list) gauge.set({ ...labels }, value);
    }
  }
}

/** Takes all samples away; `reset` alone leaves a 0 where there are no labels, and so does a new gauge. */
function clear(name: GaugeName, gauge: Gauge): void {
  if (GAUGES[name].labels.length === 0) gauge.remove();
  else gauge.reset();
}
