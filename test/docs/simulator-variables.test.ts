import { readConfig, VARIABLES } from '../../simulator/src/config';
import { namesIn, rowsOf } from './table-rows';

/** Names of a row: a second one may be written as what is other about it, as `_PORT` after `DATABASE_HOST`. */
function variablesOf(cell: string): string[] {
  const [first, ...others] = namesIn(cell);
  return [first, ...others.map((name) => (name.startsWith('_') ? `${first.split('_')[0]}${name}` : name))];
}

const ROWS = rowsOf('docs/architecture/ingest.md', 'Environment').map(([names, value]) => ({
  names: variablesOf(names),
  value,
}));

test('every variable of the simulator is documented, and none that it does not read', () => {
  expect(ROWS.flatMap(({ names }) => names).sort()).toEqual(Object.keys(VARIABLES).sort());
});

test('defaults of variables are documented', () => {
  const { database, stream, clock, ingest, http, logLevel } = readConfig({
    ...{ DATABASE_HOST: 'here', DATABASE_USER: 'somebody', INGEST_REPLICA: 'host name' },
    ...{ CLOCK_STREAM_ORIGIN: '2026-01-05T00:00:00Z', CLOCK_WALL_ORIGIN: '2026-01-05T00:00:00Z' },
  });
  const documented = ROWS.filter(({ value }) => value !== '').map(({ names, value }) => [names[0], value]);
  expect(Object.fromEntries(documented)).toEqual({
    DATABASE_HOST: `port ${database.port}, name ${database.database}`,
    DATABASE_CONNECT_TIMEOUT_MS: `${database.connectTimeoutMs}`,
    DATABASE_QUERY_TIMEOUT_MS: `${database.queryTimeoutMs}`,
    INGEST_REPLICA: ingest.replica,
    INGEST_TICK_MS: `${ingest.tickMs}`,
    INGEST_LEASE_MS: `${ingest.leaseMs}`,
    INGEST_MAX_ROWS: `${ingest.maxRows}`,
    INGEST_LOCK_PATIENCE_MS: `${ingest.lockPatienceMs}`,
    INGEST_COPY_CHUNK_BYTES: `${ingest.copyChunkBytes}`,
    INGEST_ROLL_UP: `${ingest.rollUp}`,
    STREAM_SEED: `${stream.seed}`,
    STREAM_STUDENTS: `${stream.config.students}`,
    STREAM_HISTORY_DAYS: `${stream.historyDays}`,
    CLOCK_RATE: `${clock?.rate}`,
    HTTP_HOST: `${http?.host}, ${http?.port}`,
    LOG_LEVEL: logLevel,
  });
});
