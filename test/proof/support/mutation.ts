import type { Client } from 'pg';

/**
 * Lets a superuser's session write what no rule of the database allows: keys, checks and triggers of the schema are dropped.
 * What the rules would have stopped, the proof has to find without them.
 */
export async function dropRules(admin: Client, schema: string): Promise<void> {
  await admin.query('set session_replication_role = replica');
  await admin.query(`do $$
    declare rule record;
    begin
      for rule in
        select conrelid::regclass as relation, conname from pg_constraint
        where connamespace = '${schema}'::regnamespace and contype in ('c', 'f', 'u', 'p') and conparentid = 0 and conrelid <> 0
        order by contype = 'f' desc
      loop
        execute format('alter table %s drop constraint if exists %I cascade', rule.relation, rule.conname);
      end loop;
      for rule in
        select tgrelid::regclass as relation, tgname as conname from pg_trigger t join pg_class c on c.oid = tgrelid
        where c.relnamespace = '${schema}'::regnamespace and not tgisinternal and tgparentid = 0
      loop
        execute format('drop trigger %I on %s', rule.conname, rule.relation);
      end loop;
    end
  $$`);
}

/** A value that differs by the least possible amount, as an SQL expression on the column. */
export function nudged(column: string, type: string): string {
  if (type === 'text') return `${column} || 'x'`;
  if (type === 'date') return `coalesce(${column} + 1, '2026-01-01')`;
  if (type === 'timestamp with time zone') return `${column} + interval '1 ms'`;
  if (type === 'ARRAY') return `${column} || 'x'::text`;
  if (type.startsWith('edtech.')) {
    return `(select coalesce(max(v) filter (where v < ${column}), min(v) filter (where v > ${column}))
             from unnest(enum_range(null::${type})) v)`;
  }
  return `coalesce(${column}, 0) + 1`;
}

/** Columns of a table with their types, enums with their schema. */
export async function columnsOf(admin: Client, table: string): Promise<{ column: string; type: string }[]> {
  const [schema, name] = table.split('.');
  const { rows } = await admin.query<{ column: string; type: string }>(
    `select column_name as column,
       case data_type when 'USER-DEFINED' then udt_schema || '.' || udt_name else data_type end as type
     from information_schema.columns where table_schema = $1 and table_name = $2 order by ordinal_position`,
    [schema, name],
  );
  return rows;
}

/** Changes one row, runs `check`, and puts the row back as it was. */
export async function withChangedRow(
  admin: Client,
  table: string,
  /** Condition that picks exactly one row of `t`. */
  where: string,
  assignment: string,
  check: () => Promise<void>,
): Promise<void> {
  await saveRows(admin, table, where);
  const { rows } = await admin.query<{ relation: string; ctid: string }>(
    `update ${table} t set ${assignment} where ${where} returning t.tableoid::regclass::text as relation, t.ctid::text`,
  );
  try {
    expect(rows).toHaveLength(1);
    await check();
  } finally {
    for (const { relation, ctid } of rows) await admin.query(`delete from ${relation} where ctid = $1`, [ctid]);
    await restoreRows(admin, table);
  }
}

/** Deletes rows, runs `check` with their number, and puts them back. */
export async function withoutRows(
  admin: Client,
  table: string,
  where: string,
  check: (deleted: number) => Promise<void>,
): Promise<void> {
  await saveRows(admin, table, where);
  const { rowCount } = await admin.query(`delete from ${table} t where ${where}`);
  try {
    await check(rowCount ?? 0);
  } finally {
    await restoreRows(admin, table);
  }
}

async function saveRows(admin: Client, table: string, where: string): Promise<void> {
  await admin.query(`create temp table saved as select * from ${table} t where ${where}`);
}

async function restoreRows(admin: Client, table: string): Promise<void> {
  await admin.query(`insert into ${table} select * from saved`);
  await admin.query('drop table saved');
}
