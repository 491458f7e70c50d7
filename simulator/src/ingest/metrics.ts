import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { SHARDS } from '../events/event-id';

/** Metrics of one replica. Base units, no label with a student, lesson or shard. */
export class IngestMetrics {
  readonly registry = new Registry();
  readonly events = this.counter('edtech_ingest_events_total', 'Events committed, by kind of event', ['type']);
  readonly batches = this.counter('edtech_ingest_batches_total', 'Transactions of the ingest, by result', ['result']);
  readonly rejected = this.counter('edtech_ingest_rejected_events_total', 'Events not stored, by reason', ['reason']);
  readonly tickSeconds = this.histogram(
    'edtech_ingest_tick_duration_seconds',
    'Time of one tick, all its batches included',
  );
  readonly lastCommit = this.gauge(
    'edtech_ingest_last_commit_timestamp_seconds',
    'When a batch that moved watermarks was last acknowledged',
  );
  readonly watermark = this.gauge(
    'edtech_ingest_watermark_timestamp_seconds',
    'Oldest watermark of all shards, whoever holds them',
  );
  readonly backlog = this.gauge(
    'edtech_ingest_backlog_seconds',
    'Stream time that the held shards are behind; absent without any',
  );
  readonly shardsHeld = this.gauge('edtech_shards_held', 'Shards that this replica holds');
  readonly shardsTotal = this.gauge('edtech_shards_total', 'Shards of the stream');
  readonly leasesLost = this.counter('edtech_lease_lost_total', 'Leases found expired or taken by another replica');
  readonly acknowledgedLost = this.counter(
    'edtech_ingest_acknowledged_lost_seconds_total',
    'Seconds of stream time whose commit was acknowledged and that the database had lost afterwards',
  );
  readonly clockDifference = this.gauge(
    'edtech_ingest_clock_difference_seconds',
    "The machine's time less the database's, 0 where the time of an answer explains it",
  );
  readonly rollUpPending = this.gauge(
    'edtech_rollup_oldest_pending_seconds',
    'Age of the oldest ledger row that is not rolled up, 0 without any',
  );
  readonly rollUpSeconds = this.histogram('edtech_rollup_duration_seconds', 'Time of one call of the roll-up');

  constructor() {
    this.shardsTotal.set(SHARDS);
  }

  /** Adds those of the process; once per process, since they observe the event loop and the garbage collector. */
  collectProcess(): this {
    collectDefaultMetrics({ register: this.registry });
    return this;
  }

  private counter(name: string, help: string, labelNames: string[] = []): Counter {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  private gauge(name: string, help: string): Gauge {
    return new Gauge({ name, help, registers: [this.registry] });
  }

  private histogram(name: string, help: string): Histogram {
    const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
    return new Histogram({ name, help, buckets, registers: [this.registry] });
  }
}
