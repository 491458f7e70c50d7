import { LOS_ANGELES, TOKYO, World } from './support/world';

/** The clocks in Berlin are put back at 01:00Z on 25 October 2026: there the day has 25 hours. */
const REACHED = '2026-10-25T18:20:00Z';

describe('a session in a time zone whose clocks are changed', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.create();
    await world.owner.query('update ingest.shards set watermark = $1', [REACHED]);
  });
  afterAll(() => world.drop());

  /** The instants of a query as seconds, in a session of the time zone. */
  async function inZone(zone: string, sql: string, values: unknown[] = []): Promise<unknown[]> {
    await world.analytics.query(`set timezone = '${zone}'`);
    const { rows } = await world.analytics.query({ text: sql, values, rowMode: 'array' });
    return rows as unknown[];
  }
  const utc = (time: string): number => Date.parse(time) / 1000;

  it.each(['UTC', 'Europe/Berlin', 'America/Los_Angeles'])(
    'finds the cuts of open days on whole hours: %s',
    async (zone) => {
      const cuts = await inZone(
        zone,
        `select cohort_id, day::text, extract(epoch from as_of)::float8 from analytics.open_days()
       where day = '2026-10-24' or cohort_id = 1 and day = '2026-10-25' order by 2, 1`,
      );
      expect(cuts).toEqual([
        // Ended on the 25th at 07:00Z, and on the 24th at 15:00Z, a day and three hours before.
        [LOS_ANGELES, '2026-10-24', utc('2026-10-25T18:00:00Z')],
        [TOKYO, '2026-10-24', utc('2026-10-25T18:00:00Z')],
        [LOS_ANGELES, '2026-10-25', utc(REACHED)],
      ]);
    },
  );

  it.each(['UTC', 'Europe/Berlin'])('counts the hours of an allowance, also as a day: %s', async (zone) => {
    const cut = `select extract(epoch from analytics.first_cut($1::smallint, '2026-10-24', $2::interval))::float8`;
    expect(await inZone(zone, cut, [TOKYO, '1 day 2 hours'])).toEqual([[utc('2026-10-25T17:00:00Z')]]);
    expect(await inZone(zone, cut, [TOKYO, '26 hours'])).toEqual([[utc('2026-10-25T17:00:00Z')]]);
    await expect(inZone(zone, cut, [TOKYO, '90 minutes'])).rejects.toThrow('it must be a whole number of hours');
  });

  // Each skips the midnight before the day.
  it.each([
    ['Africa/Cairo', '2026-04-24', '2026-04-25'],
    ['Asia/Beirut', '2026-03-29', '2026-03-30'],
    ['America/Santiago', '2026-09-06', '2026-09-07'],
  ])('finds both UTC days that a local day touches: %s', async (zone, day, next) => {
    await world.owner.query(`set timezone = '${zone}'`);
    const midnight = await world.rows(`select to_char($1::timestamptz, 'HH24:MI') as starts`, [day]);
    expect(midnight).toEqual([{ starts: '01:00' }]);
    const query = `select u::text as day from analytics.utc_days(
      jsonb_populate_record(null::analytics.runs, jsonb_build_object('cohort_id', $1::int, 'day', $2::date))) u order by 1`;
    expect(await world.rows(query, [LOS_ANGELES, day])).toEqual([{ day }, { day: next }]);
  });
});
