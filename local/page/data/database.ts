import { Pool, types, type PoolConfig } from 'pg';
import type { DatabaseSource } from '../../../dashboards/lib/sources';
import type { BoundQuery } from '../../../dashboards/lib/macros';

/** One value of a result: instants are milliseconds since 1970-01-01Z. */
export type Cell = string | number | boolean | null;

export interface Column {
  readonly name: string;
  readonly type: 'time' | 'number' | 'text' | 'boolean';
}

export interface Frame {
  readonly refId: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
}

const { builtins } = types;
const NUMBERS = new Set<number>([
  builtins.INT2,
  builtins.INT4,
  builtins.INT8,
  builtins.FLOAT4,
  builtins.FLOAT8,
  builtins.NUMERIC,
]);

/** Values as JSON has them. Figures are far below 2^53, so a number holds every bigint exactly. */
function parserOf(type: number): (text: string) => Cell {
  if (NUMBERS.has(type)) return Number;
  if (type === builtins.TIMESTAMPTZ) return (text) => (types.getTypeParser(type)(text) as Date).getTime();
  if (type === builtins.BOOL) return (text) => text === 't';
  return (text) => text;
}

function columnType(type: number): Column['type'] {
  if (NUMBERS.has(type)) return 'number';
  if (type === builtins.TIMESTAMPTZ) return 'time';
  return type === builtins.BOOL ? 'boolean' : 'text';
}

/** Milliseconds after which the server gives up a query: a page that waits longer is of no use. */
const STATEMENT_TIMEOUT_MS = 5_000;

/** Read-only access to the platform's database with the two roles of the dashboards. */
export class DashboardDatabase {
  private readonly pools: Readonly<Record<DatabaseSource, Pool>>;

  /**
   * @param urls connection string of each role; there is one server here, which is its own primary
   * @param onError hears of idle connections that the server ended
   */
  constructor(urls: Readonly<Record<Exclude<DatabaseSource, 'primary'>, string>>, onError: (error: Error) => void) {
    const open = (connectionString: string): Pool => {
      const config: PoolConfig = {
        connectionString,
        max: 4,
        application_name: 'edtech-page',
        connectionTimeoutMillis: 5_000,
        statement_timeout: STATEMENT_TIMEOUT_MS,
        options: '-c default_transaction_read_only=on -c timezone=UTC',
      };
      return new Pool(config).on('error', onError);
    };
    const admin = open(urls.admin);
    this.pools = { educator: open(urls.educator), admin, primary: admin };
  }

  /** Runs one statement and returns its rows with the types of their columns. */
  async run(source: DatabaseSource, refId: string, query: BoundQuery): Promise<Frame> {
    const result = await this.pools[source].query<Cell[]>({
      text: query.text,
      values: [...query.values],
      rowMode: 'array',
      types: { getTypeParser: (type: number) => parserOf(type) } as never,
    });
    return {
      refId,
      columns: result.fields.map(({ name, dataTypeID }) => ({ name, type: columnType(dataTypeID) })),
      rows: result.rows,
    };
  }

  async close(): Promise<void> {
    await Promise.all([...new Set(Object.values(this.pools))].map((pool) => pool.end()));
  }
}
