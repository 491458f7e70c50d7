/** A row whose commit the server acknowledged. Times are milliseconds since 1970. */
export interface Acknowledged {
  readonly writer: string;
  readonly number: number;
  readonly sentMs: number;
  readonly answeredMs: number;
  readonly timeline: number;
}

/** Reads the rows from a probe's output; its lines about connections are for people. @throws Error for a line that no probe prints */
export function readAcknowledged(text: string): Acknowledged[] {
  const acknowledged: Acknowledged[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [kind, writer, ...rest] = line.split(' ');
    if (kind === 'ack' && rest.length === 4) {
      const [number, sentMs, answeredMs] = rest.slice(0, 3).map(Number);
      acknowledged.push({ writer, number, sentMs, answeredMs, timeline: Number.parseInt(rest[3], 16) });
    } else if (kind !== 'open' && kind !== 'fail') {
      throw new Error(`a probe does not print "${line}"`);
    }
  }
  return acknowledged;
}
