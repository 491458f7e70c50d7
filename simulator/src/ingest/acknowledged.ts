/**
 * Remembers per shard the highest watermark whose COMMIT was answered. A lower one found later means that the database lost
 * what it had acknowledged: the missing events are simply made again, so no comparison of rows would ever show it.
 */
export class AcknowledgedWatermarks {
  private readonly highest = new Map<number, number>();

  /** @param watermark ms since 1970-01-01Z */
  acknowledge(shard: number, watermark: number): void {
    this.highest.set(shard, Math.max(watermark, this.highest.get(shard) ?? -Infinity));
  }

  /**
   * Compares a watermark read from the database.
   * @returns milliseconds of acknowledged stream time that are missing, reported once; 0 if all is there
   */
  lost(shard: number, found: number): number {
    const highest = this.highest.get(shard);
    if (highest === undefined || found >= highest) return 0;
    this.highest.set(shard, found);
    return highest - found;
  }
}
