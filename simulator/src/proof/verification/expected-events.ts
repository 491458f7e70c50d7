import { EventColumns } from '../../events/columns';
import { SHARDS, shardOf } from '../../events/event-id';
import { Checksums } from '../../events/row-hash';
import { DAY_MS, type Day } from '../../model/day';
import { Breather, type OnProgress } from '../progress';
import type { Snapshot } from '../snapshot';

/** Local days reach from 14 hours before to 14 hours after the UTC day, and a stream day ends the next morning. */
const DAYS_BEFORE = 2;
const DAYS_AFTER = 1;

/** Regenerates the events that a range of UTC days must hold at the snapshot's watermarks. */
export class ExpectedEvents {
  private readonly events = new EventColumns();

  constructor(
    private readonly snapshot: Snapshot,
    readonly from: Day,
    readonly to: Day,
  ) {}

  /** All students of the stream, shard after shard. */
  *students(shards?: ReadonlySet<number>): Generator<number> {
    for (let shard = 0; shard < SHARDS; shard++) {
      if (shards === undefined || shards.has(shard)) yield* this.snapshot.stream.studentIds(shard);
    }
  }

  /**
   * Calls `visit` for each row of a student that the days must hold, ascending: received by the shard's watermark, and not of
   * an erased student. A dropped day counts as it was when it was dropped: everything had been received, and students
   * erased since then were still in it.
   */
  forEach(studentId: number, visit: (events: EventColumns, row: number, day: Day) => void): void {
    const { stream, watermarks, forgotten, droppedDays } = this.snapshot;
    const watermark = watermarks[shardOf(studentId)];
    const erasedAt = forgotten.get(studentId);
    const { events } = this;
    events.clear();
    for (let day = Math.max(stream.firstDay, this.from - DAYS_BEFORE); day <= this.to + DAYS_AFTER; day++) {
      stream.appendStudentDay(studentId, day, events);
    }
    for (let row = 0; row < events.length; row++) {
      const day = Math.floor(events.occurredAt[row] / DAY_MS);
      if (day < this.from || day > this.to) continue;
      const dropped = droppedDays.get(day);
      if (dropped === undefined ? erasedAt !== undefined : erasedAt !== undefined && erasedAt <= dropped.droppedAt)
        continue;
      if (dropped === undefined && events.receivedAt[row] > watermark) continue;
      visit(events, row, day);
    }
  }

  /** Bucket of a day and shard in the result of {@link checksums}. */
  bucket(day: Day, shard: number): number {
    return (day - this.from) * SHARDS + shard;
  }

  /** Count and checksum of each day and shard, in one pass over all students. */
  async checksums(onProgress: OnProgress): Promise<Checksums> {
    const sums = new Checksums((this.to - this.from + 1) * SHARDS);
    const students = [...this.students()];
    const breather = new Breather();
    for (const [index, studentId] of students.entries()) {
      const shard = shardOf(studentId);
      this.forEach(studentId, (events, row, day) => sums.add(this.bucket(day, shard), events, row));
      if (!breather.due) continue;
      onProgress({ phase: 'regenerate', done: index, total: students.length });
      await breather.pause();
    }
    onProgress({ phase: 'regenerate', done: students.length, total: students.length });
    return sums;
  }
}
