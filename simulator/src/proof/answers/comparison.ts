import type { ClientBase } from 'pg';
import type { ExpectedRow, TableSpec, ValueKind } from './tables';

/** One row that is not as it must be: missing, unexpected, or with another value in `column`. */
export interface TableDifference {
  readonly table: string;
  readonly key: Readonly<Record<string, number>>;
  readonly kind: 'missing' | 'unexpected' | 'value';
  readonly column?: string;
  readonly expected?: string | null;
  readonly actual?: string | null;
}

/** Rows compared and rows with any difference. */
export interface TableCount {
  compared: number;
  different: number;
}

/** Gathers the outcome over all tables; the list of differences is capped, the counts are exact. */
export class Findings {
  readonly tables: Record<string, TableCount> = {};
  readonly differences: TableDifference[] = [];

  constructor(private readonly maxListed: number) {}

  table(name: string): TableCount {
    return (this.tables[name] ??= { compared: 0, different: 0 });
  }

  list(difference: TableDifference): void {
    if (this.differences.length < this.maxListed) this.differences.push(difference);
  }

  total(field: keyof TableCount): number {
    return Object.values(this.tables).reduce((sum, count) => sum + count[field], 0);
  }
}

const FETCH_ROWS = 4_000;

function sqlValue([column, kind]: readonly [string, ValueKind]): string {
  switch (kind) {
    case 'plain':
      return `t.${column}`;
    case 'day':
      return `t.${column} - date '1970-01-01'`;
    case 'instant':
      return `round(extract(epoch from t.${column}) * 1000, 3)::float8`;
    case 'moment':
      return `t.${column} >> 22`;
    case 'list':
      return `array_to_string(t.${column}, ',')`;
  }
}

interface ActualRow {
  readonly keys: readonly number[];
  readonly values: readonly (string | null)[];
}

/**
 * Compares the rows of one table, read through a cursor in key order, with expected rows that come in the same order.
 * Only a batch of rows is in memory.
 */
export class TableComparison {
  private readonly count: TableCount;
  private batch: ActualRow[] = [];
  private next = 0;
  private exhausted = false;
  private opened = false;

  /**
   * @param client in a transaction that the cursor lives in
   * @param where condition on `t`, the table
   */
  constructor(
    private readonly client: ClientBase,
    readonly spec: TableSpec,
    private readonly where: string,
    private readonly findings: Findings,
  ) {
    this.count = findings.table(spec.name);
  }

  /** Compares the next expected rows, ascending by key and after all earlier ones. */
  async expect(rows: readonly ExpectedRow[]): Promise<void> {
    for (const row of rows) {
      let actual = this.batch[this.next] ?? (await this.fetch());
      while (actual !== undefined && compareKeys(actual.keys, row.keys) < 0) {
        this.unexpected(actual);
        actual = this.batch[++this.next] ?? (await this.fetch());
      }
      this.count.compared++;
      if (actual === undefined || compareKeys(actual.keys, row.keys) > 0) {
        this.count.different++;
        this.findings.list({ table: this.spec.name, key: this.named(row.keys), kind: 'missing' });
      } else {
        this.next++;
        this.compareValues(row, actual);
      }
    }
  }

  /** Whatever the table has beyond the last expected row is unexpected. */
  async finish(): Promise<void> {
    for (;;) {
      const actual = this.batch[this.next] ?? (await this.fetch());
      if (actual === undefined) return;
      this.unexpected(actual);
      this.next++;
    }
  }

  private compareValues(expected: ExpectedRow, actual: ActualRow): void {
    let different = false;
    this.spec.columns.forEach(([column], index) => {
      const value = expected.values[index];
      const wanted = value === null ? null : String(value);
      if (wanted === actual.values[index]) return;
      different = true;
      this.findings.list({
        table: this.spec.name,
        key: this.named(expected.keys),
        kind: 'value',
        column,
        expected: wanted,
        actual: actual.values[index],
      });
    });
    if (different) this.count.different++;
  }

  private unexpected(actual: ActualRow): void {
    this.count.compared++;
    this.count.different++;
    this.findings.list({ table: this.spec.name, key: this.named(actual.keys), kind: 'unexpected' });
  }

  private named(keys: readonly number[]): Record<string, number> {
    return Object.fromEntries(this.spec.keys.map(([name], index) => [name, keys[index]]));
  }

  private get cursor(): string {
    return `compare_${this.spec.name}`;
  }

  private async fetch(): Promise<ActualRow | undefined> {
    if (!this.opened) await this.open();
    if (this.exhausted) return undefined;
    const { rows } = await this.client.query<(string | null)[]>({
      text: `fetch ${FETCH_ROWS} from ${this.cursor}`,
      rowMode: 'array',
    });
    const keys = this.spec.keys.length;
    this.batch = rows.map((row) => ({ keys: row.slice(0, keys).map(Number), values: row.slice(keys) }));
    this.next = 0;
    if (rows.length < FETCH_ROWS) this.exhausted = true;
    if (this.exhausted) await this.client.query(`close ${this.cursor}`);
    return this.batch[0];
  }

  private async open(): Promise<void> {
    this.opened = true;
    const columns = [...this.spec.keys, ...this.spec.columns].map((column) => `(${sqlValue(column)})::text`);
    const order = this.spec.keys.map(([name]) => `t.${name}`).join(', ');
    await this.client.query(
      `declare ${this.cursor} no scroll cursor for
       select ${columns.join(', ')} from analytics.${this.spec.name} t where ${this.where} order by ${order}`,
    );
  }
}

function compareKeys(a: readonly number[], b: readonly number[]): number {
  for (let index = 0; index < a.length; index++) {
    if (a[index] !== b[index]) return a[index] < b[index] ? -1 : 1;
  }
  return 0;
}
