import { DEVICES, EVENT_TYPES, EventColumns, EventType, NONE } from '../../src/events/columns';
import { CopyEncoder } from '../../src/events/copy-encoder';
import { eventId } from '../../src/events/event-id';

/** Fields of a binary COPY as PostgreSQL reads them. */
function decode(copy: Buffer): (Buffer | null)[][] {
  expect(copy.subarray(0, 11).toString('latin1')).toBe('PGCOPY\n\xff\r\n\0');
  expect(copy.readInt32BE(11)).toBe(0);
  expect(copy.readInt32BE(15)).toBe(0);
  const rows: (Buffer | null)[][] = [];
  let at = 19;
  for (;;) {
    const fields = copy.readInt16BE(at);
    at += 2;
    if (fields === -1) break;
    rows.push(
      Array.from({ length: fields }, () => {
        const length = copy.readInt32BE(at);
        at += 4;
        if (length === -1) return null;
        at += length;
        return copy.subarray(at - length, at);
      }),
    );
  }
  expect(at).toBe(copy.length);
  return rows;
}

const OCCURRED = Date.parse('2026-03-08T09:59:59.999Z');

function sample(rows: number): EventColumns {
  const events = new EventColumns(1);
  for (let row = 0; row < rows; row++) {
    const type = row % EVENT_TYPES.length;
    const enrolment = type === EventType.enrolled || type === EventType.unenrolled;
    const occurredAt = OCCURRED + row * 997;
    const device = row % DEVICES.length;
    if (enrolment) events.push(occurredAt, occurredAt, NONE, 63 + row, NONE, type, NONE, 0, 0, NONE);
    else events.push(occurredAt, occurredAt + 250, occurredAt - 5000, 63 + row, 7, type, 120 + row, 30, 1500, device);
  }
  return events;
}

const encodeAll = (encoder: CopyEncoder, events: EventColumns, order: number[]): Buffer =>
  // The buffer is used again for each chunk, so each is copied as it comes.
  Buffer.concat(
    Array.from(encoder.encode([{ events, order: Uint32Array.from(order) }]), (chunk) => Buffer.from(chunk)),
  );

describe('the binary COPY of events', () => {
  it('writes every column as PostgreSQL stores it', () => {
    const [row] = decode(encodeAll(new CopyEncoder(), sample(6), [5]));
    const occurredAt = OCCURRED + 5 * 997;
    const micros = (ms: number): bigint => BigInt(ms - Date.UTC(2000, 0, 1)) * 1000n;
    expect(row[0]?.readBigInt64BE()).toBe(eventId(occurredAt, 68));
    expect(row[1]?.readBigInt64BE()).toBe(micros(occurredAt));
    expect(row[2]?.readBigInt64BE()).toBe(micros(occurredAt + 250));
    expect(row[3]?.readBigInt64BE()).toBe(eventId(occurredAt - 5000, 68));
    expect([row[4], row[5], row[7], row[8], row[9]].map((field) => field?.readInt32BE())).toEqual([
      68, 7, 125, 30, 1500,
    ]);
    expect([row[6], row[10]].map(String)).toEqual(['heartbeat', 'mobile']);
  });

  it('writes null where an enrolment has no session, lesson, position and device', () => {
    const [row] = decode(encodeAll(new CopyEncoder(), sample(1), [0]));
    expect([row[3], row[5], row[7], row[10]]).toEqual([null, null, null, null]);
    expect(String(row[6])).toBe('enrolled');
  });

  it('writes rows in the order that is asked for, and the same bytes whatever the size of a chunk', () => {
    const events = sample(500);
    const order = Array.from({ length: 500 }, (_, i) => (i * 7) % 500);
    const whole = encodeAll(new CopyEncoder(), events, order);
    expect(decode(whole).map((row) => row[4]?.readInt32BE())).toEqual(order.map((row) => 63 + row));
    expect(encodeAll(new CopyEncoder(1024), events, order).equals(whole)).toBe(true);
  });

  it('writes a header and a trailer when there are no rows', () => {
    expect(decode(encodeAll(new CopyEncoder(), sample(1), []))).toEqual([]);
  });

  it('labels every kind of event and every device', () => {
    const rows = decode(encodeAll(new CopyEncoder(), sample(12), [...Array(12).keys()]));
    expect(rows.map((row) => String(row[6]))).toEqual([...EVENT_TYPES]);
    expect(new Set(rows.slice(2).map((row) => String(row[10])))).toEqual(new Set(DEVICES));
  });
});
