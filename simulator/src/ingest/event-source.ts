import { EventColumns } from '../events/columns';
import { ReceiveSchedule } from '../model/receive-schedule';
import type { Stream } from '../model/stream';

/** Students whose enrolment changes in an interval. */
export interface EnrolmentChanges {
  readonly enrolled: number[];
  readonly unenrolled: number[];
}

/**
 * The events of any set of shards: one schedule per shard, so that shards come and go without touching the others. Events of
 * one call are valid until the next one.
 */
export class EventSource {
  private readonly schedules = new Map<number, ReceiveSchedule>();
  private readonly events = new EventColumns();

  /** @param origin no event was received up to this instant; see `streamOrigin` */
  constructor(
    readonly stream: Stream,
    readonly origin: number,
  ) {}

  /** Makes the schedule of a shard for (from, to] ready: with many students that takes longer than a transaction may be idle. */
  prepare(shard: number, from: number, to: number): void {
    if (to > from) this.schedule(shard).prepare(from, to);
  }

  /** Everything of `shards` that was received in (from, to]. */
  received(shards: readonly number[], from: number, to: number): EventColumns {
    this.events.clear();
    for (const shard of shards) this.schedule(shard).appendReceived(from, to, this.events);
    return this.events;
  }

  /** Enrolments and withdrawals in (from, to]; an interval that begins with the stream holds those from before it, too. */
  enrolmentChanges(shards: readonly number[], from: number, to: number): EnrolmentChanges {
    const changes: EnrolmentChanges = { enrolled: [], unenrolled: [] };
    for (const shard of shards) {
      if (from <= this.origin) {
        for (const id of this.stream.studentIds(shard))
          if (this.stream.enrolsIn(id, -Infinity, to)) changes.enrolled.push(id);
      } else {
        const { enrolled, unenrolled } = this.schedule(shard).enrolmentChanges(from, to);
        changes.enrolled.push(...enrolled);
        changes.unenrolled.push(...unenrolled);
      }
    }
    return changes;
  }

  /** Keeps the schedules of these shards only: each of the others costs memory. */
  keep(shards: readonly number[]): void {
    const kept = new Set(shards);
    for (const shard of this.schedules.keys()) if (!kept.has(shard)) this.schedules.delete(shard);
  }

  private schedule(shard: number): ReceiveSchedule {
    let schedule = this.schedules.get(shard);
    if (schedule === undefined) {
      schedule = new ReceiveSchedule(this.stream, [shard]);
      this.schedules.set(shard, schedule);
    }
    return schedule;
  }
}
