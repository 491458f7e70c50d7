/** A setting that a platform keeps at certain values. */
export interface Kept {
  readonly name: string;
  readonly values: readonly string[];
  /** Others, which are tried. */
  readonly lower: readonly string[];
}

const SYNCHRONOUS_COMMIT: Kept = {
  name: 'synchronous_commit',
  values: ['on', 'remote_apply'],
  lower: ['off', 'local', 'remote_write'],
};

/** Ways to give a setting a value: for the session, or for all that a role or a database will have. */
const WAYS = ['set', 'alter role', 'alter database'];

const SAID = 'durability:';
const list = (texts: readonly string[]): string => `array[${texts.map((text) => `'${text}'`).join(', ')}]`;

/**
 * SQL of a superuser that tells every way to another value: each login role that is no superuser tries for its session, for itself
 * and for the database. Each try is taken back. What is stored already is looked for instead: a session begins with it, whatever
 * its role may set.
 */
export const askWhoMayLower = ({ name, values, lower }: Kept = SYNCHRONOUS_COMMIT): string => `
do $ask$
declare
  try record;
  allowed boolean;
begin
  for try in
    select rolname as role, way, value
      from pg_roles, unnest(${list(WAYS)}) as way, unnest(${list(lower)}) as value
     where rolcanlogin and not rolsuper
     order by role, way, value
  loop
    begin
      perform set_config('session_authorization', try.role, true);
      begin
        case try.way
          when 'set' then perform set_config('${name}', try.value, true);
          when 'alter role' then execute format('alter role %I set ${name} = %L', try.role, try.value);
          when 'alter database' then execute format('alter database %I set ${name} = %L', current_database(), try.value);
        end case;
        allowed := true;
      exception when insufficient_privilege then
        allowed := false;
      end;
      raise sqlstate 'TRIED';
    exception when sqlstate 'TRIED' then
      raise info '${SAID} % % by % %', case when allowed then 'allowed' else 'refused' end, try.role, try.way, try.value;
    end;
  end loop;
  for try in
    select coalesce(rolname, 'every role') as role, coalesce(datname, 'every database') as place, value
      from pg_db_role_setting
      left join pg_roles on pg_roles.oid = setrole
      left join pg_database on pg_database.oid = setdatabase
     cross join unnest(setconfig) as setting
     cross join substr(setting, length('${name}=') + 1) as value
     where split_part(setting, '=', 1) = '${name}' and value <> all (${list(values)})
     order by role, place
  loop
    raise info '${SAID} allowed % in % by a stored %', try.role, try.place, try.value;
  end loop;
  if current_setting('${name}') <> all (${list(values)}) then
    raise info '${SAID} allowed the server by its own %', current_setting('${name}');
  end if;
  raise info '${SAID} asked all';
end $ask$;
`;

const CONTROL = 'edtech_durability_control';

/** The same asked while there is a role that may take every way, and a stored and a present value; nothing of it stays. */
export const askWithControl = (kept: Kept = SYNCHRONOUS_COMMIT): string => `
begin;
create role ${CONTROL} login;
grant set on parameter ${kept.name} to ${CONTROL};
do $owner$ begin
  execute (select format('grant %I to ${CONTROL}', pg_get_userbyid(datdba)) from pg_database where datname = current_database());
end $owner$;
alter role ${CONTROL} set ${kept.name} = '${kept.lower[0]}';
set local ${kept.name} = '${kept.lower[0]}';
${askWhoMayLower(kept)}
rollback;
`;

/** What {@link askWithControl} must find: what it does not, would not be found elsewhere either. */
export const controlFinds = ({ lower }: Kept = SYNCHRONOUS_COMMIT): string[] => [
  ...WAYS.flatMap((way) => lower.map((value) => `${CONTROL} by ${way} ${value}`)),
  `${CONTROL} in every database by a stored ${lower[0]}`,
  `the server by its own ${lower[0]}`,
];

/** Ways that are open, each with who may take it and the value. @throws Error when the server did not come to the end, or no role was asked */
export function openWays(said: string): string[] {
  const lines = said.split('\n').filter((line) => line !== '');
  const told = lines.flatMap((line) => line.split(`${SAID} `).slice(1));
  if (!told.includes('asked all')) {
    const why = lines.find((line) => !line.includes(SAID)) ?? 'nothing was said';
    throw new Error(`who may lower synchronous_commit was not asked to the end: ${why}`);
  }
  if (!told.some((line) => line.includes(` by ${WAYS[0]} `)))
    throw new Error('no role tried to lower synchronous_commit');
  return told.flatMap((line) => (line.startsWith('allowed ') ? [line.slice('allowed '.length)] : []));
}
