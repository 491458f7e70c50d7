import type { World } from './world';

interface Column {
  readonly schema: string;
  readonly relation: string;
  readonly kind: 'table' | 'view';
  readonly about: string;
  readonly column: string;
  readonly type: string;
  readonly key: boolean;
  readonly nullable: boolean;
  readonly meaning: string;
}

const SCHEMAS = ['edtech', 'ingest', 'analytics', 'ops'];

/** The tables and views of the data model as Markdown: the comments in the database, in the order of the columns. */
export async function renderDataModel(world: World): Promise<string> {
  const columns = await world.rows<Column>(
    `select n.nspname as schema, c.relname as relation, case c.relkind when 'v' then 'view' else 'table' end as kind,
       obj_description(c.oid, 'pg_class') as about, a.attname as column, format_type(a.atttypid, a.atttypmod) as type,
       coalesce(a.attnum = any (i.indkey), false) as key, not a.attnotnull and c.relkind <> 'v' as nullable, col_description(c.oid, a.attnum) as meaning
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
       join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
       left join pg_index i on i.indrelid = c.oid and i.indisprimary
     where n.nspname = any ($1) and c.relkind in ('r', 'p', 'v') and not c.relispartition
     order by array_position($1, n.nspname::text), c.relkind = 'v', c.relname, a.attnum`,
    [SCHEMAS],
  );
  const lines: string[] = [];
  let [schema, relation] = ['', ''];
  for (const column of columns) {
    if (column.schema !== schema) lines.push(`## Schema \`${column.schema}\``, '');
    if (column.schema !== schema || column.relation !== relation) {
      if (relation !== '' && column.schema === schema) lines.push('');
      lines.push(
        `### ${column.schema}.${column.relation}`,
        `${column.kind === 'view' ? 'View. ' : ''}${column.about}.`,
        '',
      );
      lines.push('| column | type | meaning |', '|---|---|---|');
    }
    [schema, relation] = [column.schema, column.relation];
    const type = column.type.replace('timestamp with time zone', 'timestamptz').replace(/^edtech\./, '');
    const marks = `${column.key ? ' key' : ''}${column.nullable ? ' null' : ''}`;
    lines.push(`| \`${column.column}\` | ${type}${marks} | ${column.meaning.replaceAll('|', '\\|')} |`);
  }
  // A blank line before each heading of a schema but the first.
  return lines.map((line, index) => (line.startsWith('## ') && index > 0 ? `\n${line}` : line)).join('\n');
}
