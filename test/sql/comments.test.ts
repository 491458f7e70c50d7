import { World } from './support/world';

const SCHEMAS = `('edtech', 'ingest', 'analytics', 'ops')`;

describe('comments', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.create();
  });
  afterAll(() => world.drop());

  const uncommented = (): Promise<{ name: string }[]> =>
    world.rows(
      `select c.oid::regclass || coalesce('.' || a.attname, '') as name
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
         left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
       where n.nspname in ${SCHEMAS} and c.relkind in ('r', 'p', 'v') and not c.relispartition
         and (obj_description(c.oid, 'pg_class') is null or col_description(c.oid, a.attnum) is null)`,
    );

  it('say what every table, view and column means', async () => {
    expect(await uncommented()).toEqual([]);
  });

  it('are missed when a column has none', async () => {
    await world.owner.query('begin');
    await world.owner.query('alter table analytics.minute add column surprise integer');
    expect(await uncommented()).toEqual([{ name: 'analytics.minute.surprise' }]);
    await world.owner.query('rollback');
  });

  it('give the unit of every duration', async () => {
    const withoutUnit = await world.rows(
      `select a.attrelid::regclass || '.' || a.attname as name from pg_attribute a join pg_class c on c.oid = a.attrelid
         join pg_namespace n on n.oid = c.relnamespace
       where n.nspname in ${SCHEMAS} and c.relkind in ('r', 'p', 'v') and not c.relispartition and a.attnum > 0
         and (a.attname ~ '_ms$' and col_description(c.oid, a.attnum) !~ 'milliseconds'
           or a.attname ~ '_seconds' and col_description(c.oid, a.attnum) !~ 'seconds')`,
    );
    expect(withoutUnit).toEqual([]);
  });
});
