/** A row whose commit the server acknowledged. Times are milliseconds since 1970. */
export interface Acknowledged {
  readonly writer: string;
  readonly number: number;
  readonly sentMs: number;
  readonly answeredMs: number;
  readonly timeline: number;
}

/** What a probe printed. */
export interface ProbeLog {
  readonly acknowledged: Acknowledged[];
  /** The other lines, for people. */
  readonly remarks: string[];
}

/** Reads a probe's output. @throws Error for a line that no probe prints */
export function readProbeLog(text: string): ProbeLog {
  const log: ProbeLog = { acknowledged: [], remarks: [] };
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [kind, writer, ...rest] = line.split(' ');
    if (kind === 'ack' && rest.length === 4) {
      const [number, sentMs, answeredMs] = rest.slice(0, 3).map(Number);
      log.acknowledged.push({ writer, number, sentMs, answeredMs, timeline: Number.parseInt(rest[3], 16) });
    } else if (kind === 'open' || kind === 'fail') {
      log.remarks.push(line);
    } else {
      throw new Error(`a probe does not print "${line}"`);
    }
  }
  return log;
}
