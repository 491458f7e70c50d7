/** One row that the stream and the database do not agree on. */
export interface RowDifference {
  readonly kind: 'lost' | 'extra' | 'changed';
  /** `streaming_logs` or a dimension table. */
  readonly table: string;
  /** UTC day for events; undefined for dimensions. */
  readonly day?: string;
  readonly key: Readonly<Record<string, string>>;
  /** Columns that differ; for `changed` only. */
  readonly columns?: readonly {
    readonly column: string;
    readonly expected: string | null;
    readonly actual: string | null;
  }[];
}

/** A row as text, column by column. */
export type TextRow = readonly (string | null)[];

/** Differences of one day, or of one dimension table. */
export class Tally {
  lost = 0;
  extra = 0;
  changed = 0;
}

/** Unpaired rows kept to find out that a lost and an extra row are one row with another key; beyond it they stay what they are. */
const MAX_UNPAIRED = 10_000;

interface Unpaired {
  readonly row: TextRow;
  readonly tally: Tally;
  readonly day?: string;
}

/** Gathers the differences of one table: counts are exact, the list is capped. */
export class Differences {
  private lost: Unpaired[] = [];
  private extra: Unpaired[] = [];

  /**
   * @param columns names of the columns of a {@link TextRow}
   * @param keys index sets that identify a row: the first names it in reports, each pairs lost with extra rows
   * @param list receives at most `maxListed` differences over all tables that share it
   */
  constructor(
    private readonly table: string,
    private readonly columns: readonly string[],
    private readonly keys: readonly (readonly number[])[],
    private readonly list: RowDifference[],
    private readonly maxListed: number,
  ) {}

  addLost(row: TextRow, tally: Tally, day?: string): void {
    tally.lost++;
    if (this.lost.length < MAX_UNPAIRED) this.lost.push({ row, tally, day });
    else this.report('lost', row, day);
  }

  addExtra(row: TextRow, tally: Tally, day?: string): void {
    tally.extra++;
    if (this.extra.length < MAX_UNPAIRED) this.extra.push({ row, tally, day });
    else this.report('extra', row, day);
  }

  addChanged(expected: TextRow, actual: TextRow, tally: Tally, day?: string): void {
    tally.changed++;
    const columns = this.columns
      .map((column, index) => ({ column, expected: expected[index], actual: actual[index] }))
      .filter((column) => column.expected !== column.actual);
    this.push({ kind: 'changed', table: this.table, day, key: this.keyOf(expected), columns });
  }

  /** Pairs lost with extra rows that differ in their key only, then lists what is left. To be called once, at the end. */
  settle(): void {
    for (const key of this.keys) this.pair(key);
    for (const { row, day } of this.lost) this.report('lost', row, day);
    for (const { row, day } of this.extra) this.report('extra', row, day);
  }

  private pair(key: readonly number[]): void {
    const identity = (row: TextRow): string => key.map((index) => row[index]).join(' ');
    const extra = new Map(this.extra.map((entry) => [identity(entry.row), entry]));
    const paired = new Set<Unpaired>();
    this.lost = this.lost.filter((lost) => {
      const found = extra.get(identity(lost.row));
      if (found === undefined || paired.has(found)) return true;
      paired.add(found);
      lost.tally.lost--;
      found.tally.extra--;
      this.addChanged(lost.row, found.row, lost.tally, lost.day);
      return false;
    });
    this.extra = this.extra.filter((entry) => !paired.has(entry));
  }

  private keyOf(row: TextRow): Record<string, string> {
    return Object.fromEntries(this.keys[0].map((index) => [this.columns[index], row[index] ?? 'null']));
  }

  private report(kind: 'lost' | 'extra', row: TextRow, day?: string): void {
    this.push({ kind, table: this.table, day, key: this.keyOf(row) });
  }

  private push(difference: RowDifference): void {
    if (this.list.length < this.maxListed) this.list.push(difference);
  }
}
