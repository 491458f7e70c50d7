import { DEVICES, EVENT_TYPES, NONE, type EventColumns } from './columns';
import { EVENT_EPOCH_MS, eventIdHigh } from './event-id';

/** Columns of `edtech.streaming_logs` in the order in which {@link CopyEncoder} writes them. */
export const COPY_COLUMNS =
  'event_id, occurred_at, received_at, session_id, student_id, lesson_id, event_type, position_seconds, watched_seconds, stalled_ms, device';

const FIELDS = 11;
const POSTGRES_EPOCH_MS = Date.UTC(2000, 0, 1);
const TWO_32 = 4_294_967_296;
/** 2 bytes of field count, 11 lengths, 4 values of 8 and 5 of 4 bytes, the longest labels, and room for writing labels in words. */
const MAX_ROW_BYTES = 2 + FIELDS * 4 + 4 * 8 + 5 * 4 + 16 + 8 + 8;
const HEADER_BYTES = 19;
const TRAILER_BYTES = 2;

/** An enum label with its length, as big-endian words; the last one is padded, the padding is overwritten by the next field. */
interface Label {
  readonly words: Int32Array;
  readonly bytes: number;
}

function encodeLabel(text: string): Label {
  const bytes = Buffer.alloc(4 + Math.ceil(text.length / 4) * 4);
  bytes.writeInt32BE(text.length, 0);
  bytes.write(text, 4, 'latin1');
  const words = Int32Array.from({ length: bytes.length / 4 }, (_, word) => bytes.readInt32BE(word * 4));
  return { words, bytes: 4 + text.length };
}

/** Some rows of `events`, to be written in this order. */
export interface OrderedRows {
  readonly events: EventColumns;
  readonly order: Uint32Array;
}

/**
 * PostgreSQL's binary COPY format of events, into one buffer that is used again for each chunk: whoever writes a chunk to a
 * socket must wait until it is handed to the system before asking for the next one.
 */
export class CopyEncoder {
  private readonly buffer: Buffer;
  private readonly view: DataView;
  private readonly types = EVENT_TYPES.map(encodeLabel);
  private readonly devices = DEVICES.map(encodeLabel);

  /** @param chunkBytes size of a chunk; the last one of a COPY is smaller */
  constructor(private readonly chunkBytes = 131_072) {
    this.buffer = Buffer.allocUnsafeSlow(chunkBytes + HEADER_BYTES + MAX_ROW_BYTES + TRAILER_BYTES);
    this.view = new DataView(this.buffer.buffer, this.buffer.byteOffset, this.buffer.byteLength);
  }

  /** Encodes a whole COPY, header and trailer included. */
  *encode(parts: Iterable<OrderedRows>): Generator<Buffer, void, void> {
    let at = this.header();
    for (const { events, order } of parts) {
      for (let next = 0; next < order.length;) {
        while (next < order.length && at < this.chunkBytes) at = this.row(events, order[next++], at);
        if (at < this.chunkBytes) continue;
        yield this.buffer.subarray(0, at);
        at = 0;
      }
    }
    this.view.setInt16(at, -1);
    yield this.buffer.subarray(0, at + TRAILER_BYTES);
  }

  private header(): number {
    // Signature, flags, length of the header's extension.
    this.buffer.write('PGCOPY\n\xff\r\n\0', 0, 'latin1');
    this.view.setInt32(11, 0);
    this.view.setInt32(15, 0);
    return HEADER_BYTES;
  }

  private row(events: EventColumns, row: number, start: number): number {
    const view = this.view;
    const occurredAt = events.occurredAt[row];
    const studentId = events.studentId[row];
    let at = start;
    view.setInt16(at, FIELDS);
    at = this.eventId(at + 2, occurredAt, studentId);
    at = this.instant(at, occurredAt);
    at = this.instant(at, events.receivedAt[row]);
    const sessionStartedAt = events.sessionStartedAt[row];
    at = sessionStartedAt === NONE ? this.none(at) : this.eventId(at, sessionStartedAt, studentId);
    at = this.integer(at, studentId);
    const lessonId = events.lessonId[row];
    at = lessonId === NONE ? this.none(at) : this.integer(at, lessonId);
    at = this.label(at, this.types[events.eventType[row]]);
    const position = events.positionSeconds[row];
    at = position === NONE ? this.none(at) : this.integer(at, position);
    at = this.integer(at, events.watchedSeconds[row]);
    at = this.integer(at, events.stalledMs[row]);
    const device = events.device[row];
    return device === NONE ? this.none(at) : this.label(at, this.devices[device]);
  }

  private none(at: number): number {
    this.view.setInt32(at, -1);
    return at + 4;
  }

  private integer(at: number, value: number): number {
    this.view.setInt32(at, 4);
    this.view.setInt32(at + 4, value);
    return at + 8;
  }

  private eventId(at: number, occurredAt: number, studentId: number): number {
    const high = eventIdHigh(occurredAt);
    this.view.setInt32(at, 8);
    this.view.setInt32(at + 4, high);
    // The low 10 bits of the milliseconds, without the division that % is on doubles.
    this.view.setInt32(at + 8, ((occurredAt - EVENT_EPOCH_MS - high * 1024) << 22) | studentId);
    return at + 12;
  }

  /** A timestamptz: microseconds since 2000-01-01Z, exact in a double for centuries. */
  private instant(at: number, ms: number): number {
    const microseconds = (ms - POSTGRES_EPOCH_MS) * 1000;
    const high = Math.floor(microseconds / TWO_32);
    this.view.setInt32(at, 8);
    this.view.setInt32(at + 4, high);
    this.view.setUint32(at + 8, microseconds - high * TWO_32);
    return at + 12;
  }

  private label(at: number, { words, bytes }: Label): number {
    for (let word = 0; word < words.length; word++) this.view.setInt32(at + word * 4, words[word]);
    return at + bytes;
  }
}
