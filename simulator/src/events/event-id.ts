/** Milliseconds of 2020-01-01T00:00:00Z since 1970: event ids count from here. */
export const EVENT_EPOCH_MS = Date.UTC(2020, 0, 1);

/** Student numbers take 22 bits of an event id. */
export const MAX_STUDENT_ID = 4_194_303;

/** Seats of a classroom: a seat is a bit of a 63-bit activity mask. */
export const SEATS = 63;

/** A shard is a unit of ownership in the ingest: `student_id % SHARDS`. */
export const SHARDS = 64;

export const classroomOf = (studentId: number): number => Math.floor(studentId / SEATS);
export const seatOf = (studentId: number): number => studentId % SEATS;
export const shardOf = (studentId: number): number => studentId % SHARDS;

/**
 * `event_id = (ms of occurred_at since 2020-01-01Z) << 22 | student_id`, as the two 32-bit halves that a binary COPY
 * and the checksum work on (a 63-bit number does not fit a double).
 */
export const eventIdHigh = (occurredAt: number): number => Math.floor((occurredAt - EVENT_EPOCH_MS) / 1024);
export const eventIdLow = (occurredAt: number, studentId: number): number =>
  ((((occurredAt - EVENT_EPOCH_MS) % 1024) << 22) | studentId) >>> 0;

export const eventId = (occurredAt: number, studentId: number): bigint =>
  (BigInt(occurredAt - EVENT_EPOCH_MS) << 22n) | BigInt(studentId);
