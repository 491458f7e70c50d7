const QUERY_EDITOR = 'https://grafana.com/docs/grafana/v13.2/datasources/postgres/query-editor/#macros';
const GLOBAL_VARIABLES = 'https://grafana.com/docs/grafana/v13.2/visualizations/dashboards/variables/global-variables/';
const VARIABLE_SYNTAX = 'https://grafana.com/docs/grafana/v13.2/visualizations/dashboards/variables/variable-syntax/';

/** What a query is run for. */
export interface QueryContext {
  readonly from: Date;
  readonly to: Date;
  /** Time between two points that the panel's width allows, in milliseconds. */
  readonly intervalMs: number;
  /** Values of the dashboard's variables, as text; a value is data and never part of the statement. */
  readonly variables: Readonly<Record<string, string>>;
}

/** A statement with numbered parameters, as node-postgres takes it. */
export interface BoundQuery {
  readonly text: string;
  readonly values: readonly (string | number | null)[];
}

interface Macro {
  /** How it is written in a query. */
  readonly written: RegExp;
  readonly example: string;
  /** What Grafana puts there. */
  readonly grafana: string;
  /** What we put there: `bind` hands a value to the statement as a parameter and returns its `$n`. */
  expand(match: RegExpExecArray, context: QueryContext, bind: (value: string | number) => string): string;
  /** Where Grafana documents it. */
  readonly source: string;
}

const time = (date: Date): string => date.toISOString();

/**
 * The macros that the dashboards' SQL may use, with their expansion here. Grafana writes literals into the statement; we
 * bind parameters, so the two differ in form and agree in value. A macro that is not in this table is refused.
 */
export const MACROS: readonly Macro[] = [
  {
    written: /^\$__timeFilter\(([a-z_.]+)\)$/,
    example: '$__timeFilter(occurred_at)',
    grafana: "occurred_at BETWEEN '2026-03-02T08:00:00Z' AND '2026-03-02T09:00:00Z'",
    expand: ([, column], { from, to }, bind) =>
      `${column} BETWEEN ${bind(time(from))}::timestamptz AND ${bind(time(to))}::timestamptz`,
    source: QUERY_EDITOR,
  },
  {
    written: /^\$__timeFrom\(\)$/,
    example: '$__timeFrom()',
    grafana: "'2026-03-02T08:00:00Z'",
    expand: (_, { from }, bind) => bind(time(from)),
    source: QUERY_EDITOR,
  },
  {
    written: /^\$__timeTo\(\)$/,
    example: '$__timeTo()',
    grafana: "'2026-03-02T09:00:00Z'",
    expand: (_, { to }, bind) => bind(time(to)),
    source: QUERY_EDITOR,
  },
  {
    written: /^\$__interval_ms$/,
    example: '$__interval_ms',
    grafana: '60000',
    expand: (_, { intervalMs }, bind) => `${bind(intervalMs)}::bigint`,
    source: GLOBAL_VARIABLES,
  },
  {
    written: /^\$\{(\w+):sqlstring\}$/,
    example: '${classroom:sqlstring}',
    grafana: "'12', with each quote inside doubled",
    expand: ([, name], { variables }, bind) => {
      const value = variables[name];
      if (value === undefined) {
        throw new Error(`variable ${name} has no value; given are ${Object.keys(variables).join(', ') || 'none'}`);
      }
      return bind(value);
    },
    source: VARIABLE_SYNTAX,
  },
];

/** Anything that Grafana would replace, known to us or not. */
const TOKEN = /\$__\w+\([^)]*\)|\$__\w+|\$\{[^}]*\}|\$[A-Za-z_]\w*/g;

/**
 * Expands the macros of a query into a statement with parameters.
 * @throws Error on a macro that is not in {@link MACROS} and on a variable without a value
 */
export function bindQuery(sql: string, context: QueryContext): BoundQuery {
  const values: (string | number)[] = [];
  const bind = (value: string | number): string => {
    const known = values.indexOf(value);
    return `$${known >= 0 ? known + 1 : values.push(value)}`;
  };
  const text = sql.replace(TOKEN, (token) => {
    for (const macro of MACROS) {
      const match = macro.written.exec(token);
      if (match) return macro.expand(match, context, bind);
    }
    throw new Error(`macro ${token} is not known; allowed are ${MACROS.map(({ example }) => example).join(', ')}`);
  });
  return { text, values };
}

/** Names of the variables that a query uses. */
export function variablesOf(sql: string): string[] {
  return [...new Set([...sql.matchAll(/\$\{(\w+)(?::\w+)?\}/g)].map(([, name]) => name))];
}
