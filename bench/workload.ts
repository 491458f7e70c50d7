import { closeSync, openSync, writeSync } from 'node:fs';
import { EventColumns } from '../simulator/src/events/columns';
import { CopyEncoder } from '../simulator/src/events/copy-encoder';
import { SHARDS } from '../simulator/src/events/event-id';
import { EventSource } from '../simulator/src/ingest/event-source';
import { splitByDay } from '../simulator/src/ingest/store-events';
import { HOUR_MS } from '../simulator/src/model/day';
import type { Stream } from '../simulator/src/model/stream';

export const ALL_SHARDS: readonly number[] = Array.from({ length: SHARDS }, (_, shard) => shard);

/** What one transaction receives: the rows of the stream with `received_at` in (from, to], as the ingest gets them. */
export interface Batch {
  readonly from: number;
  readonly to: number;
  readonly events: EventColumns;
}

/**
 * Cuts what a stream receives from an instant on into batches of about the same number of rows. Nothing is left out and nothing
 * reordered, so the share of late events is the model's.
 * @param from ms since 1970-01-01Z, exclusive
 * @param rows rows of all batches together, at least
 * @param rowsPerBatch rows of a batch; a few more where several are received in the same millisecond
 */
export function cutBatches(stream: Stream, from: number, rows: number, rowsPerBatch: number): Batch[] {
  const source = new EventSource(stream, from);
  const bounds = boundaries(source, from, rows, rowsPerBatch);
  return bounds.map((to, index) => {
    const start = index === 0 ? from : bounds[index - 1];
    return { from: start, to, events: copyOf(source.received(ALL_SHARDS, start, to)) };
  });
}

/** Ends of batches: looks ahead hour by hour until there are enough rows. */
function boundaries(source: EventSource, from: number, rows: number, rowsPerBatch: number): number[] {
  const bounds: number[] = [];
  let pending: number[] = [];
  for (let hour = from; bounds.length * rowsPerBatch < rows; hour += HOUR_MS) {
    const { receivedAt, length } = source.received(ALL_SHARDS, hour, hour + HOUR_MS);
    pending = pending.concat(Array.from(receivedAt.subarray(0, length)).sort((a, b) => a - b));
    let start = 0;
    while (pending.length - start >= rowsPerBatch && bounds.length * rowsPerBatch < rows) {
      const to = pending[start + rowsPerBatch - 1];
      bounds.push(to);
      start += rowsPerBatch;
      while (start < pending.length && pending[start] <= to) start++;
    }
    pending = pending.slice(start);
  }
  return bounds;
}

function copyOf(events: EventColumns): EventColumns {
  const copy = new EventColumns(Math.max(1, events.length));
  appendRows(events, copy);
  return copy;
}

/** Appends rows of one set of columns to another. */
export function appendRows(from: EventColumns, to: EventColumns, order?: Uint32Array): void {
  for (let i = 0; i < (order?.length ?? from.length); i++) {
    const row = order?.[i] ?? i;
    to.push(
      from.occurredAt[row],
      from.receivedAt[row],
      from.sessionStartedAt[row],
      from.studentId[row],
      from.lessonId[row],
      from.eventType[row],
      from.positionSeconds[row],
      from.watchedSeconds[row],
      from.stalledMs[row],
      from.device[row],
    );
  }
}

export const rowsOf = (batches: readonly Batch[]): number =>
  batches.reduce((sum, { events }) => sum + events.length, 0);

/** The rows of batches in the order in which the ingest writes them. */
export function inWrittenOrder(batches: readonly Batch[]): EventColumns {
  const all = new EventColumns(rowsOf(batches));
  const nothing = { droppedDays: new Set<number>(), forgottenStudents: new Set<number>() };
  for (const { events } of batches)
    for (const { order } of splitByDay(events, nothing).stored) appendRows(events, all, order);
  return all;
}

/** Writes rows as a file of COPY's binary format. */
export function writeCopyFile(file: string, events: EventColumns): void {
  const order = Uint32Array.from({ length: events.length }, (_, row) => row);
  const descriptor = openSync(file, 'w');
  try {
    for (const chunk of new CopyEncoder().encode([{ events, order }])) {
      for (let written = 0; written < chunk.length;) written += writeSync(descriptor, chunk, written);
    }
  } finally {
    closeSync(descriptor);
  }
}
