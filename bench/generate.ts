import { EventColumns } from '../simulator/src/events/columns';
import { CopyEncoder } from '../simulator/src/events/copy-encoder';
import { orderByOccurredAt } from '../simulator/src/events/row-order';
import type { Stream } from '../simulator/src/model/stream';
import { Random } from '../simulator/src/random';

/** Student days are drawn from so many days of the stream. */
const DAYS = 90;
const BATCH = 10_000;

/**
 * Makes student days in random order, so that nothing of one helps with the next, orders and encodes them batch by batch.
 * @param seed another one draws other student days
 * @param events events to make, at least
 * @returns encoded events per second
 */
export function generatorSpeed(stream: Stream, seed: number, events: number): number {
  const students = stream.studentIds();
  const random = new Random(seed, 1, 2, 3);
  const columns = new EventColumns();
  const encoder = new CopyEncoder();
  let made = 0;
  let bytes = 0;
  const start = performance.now();
  while (made < events) {
    columns.clear();
    while (columns.length < BATCH) {
      const student = students[random.below(students.length)];
      stream.appendStudentDay(student, stream.firstDay + random.below(DAYS), columns);
    }
    made += columns.length;
    for (const chunk of encoder.encode([{ events: columns, order: orderByOccurredAt(columns) }])) bytes += chunk.length;
  }
  const time = (performance.now() - start) / 1000;
  if (bytes < made * 80) throw new Error(`${made} events were encoded in ${bytes} bytes: they are not all there`);
  return made / time;
}
