import { parameterProblems } from '../../src/constructs/postgres-parameters';
import { GUARDED } from '../../src/constructs/guarded-parameters';
import known from '../../src/constructs/postgresql-17.json';
import { dynamicSettings } from '../../src/constructs/postgres-settings';
import { at } from '../policy/support/objects';
import { createTestDatabase } from '../support/database';
import { PLAIN_SETTINGS } from './support';

/** Only in Debian's server, which has compressions more as well. */
const OF_DEBIAN = ['extension_destdir'];
/** Patroni 4.0 does not know it, and would leave it out. */
const NOT_OF_PATRONI = ['file_extend_method'];

test('the list of parameters is that of the server', async () => {
  const database = await createTestDatabase('settings', { empty: true });
  try {
    const client = await database.connect('superuser');
    const { rows } = await client.query<{ settings: Record<string, { values?: string[] }> }>(
      `select json_object_agg(lower(name), json_strip_nulls(json_build_object(
                'type', vartype, 'unit', unit, 'min', min_val::numeric, 'max', max_val::numeric, 'values', enumvals)) order by lower(name) collate "C") as settings
         from pg_settings where context <> 'internal' and category <> 'Developer Options' and name not like '%.%'`,
    );
    const server = Object.entries(rows[0].settings).filter(([name]) => !NOT_OF_PATRONI.includes(name));
    expect(Object.keys(known).filter((name) => !OF_DEBIAN.includes(name))).toEqual(server.map(([name]) => name));
    for (const [name, setting] of server) {
      const { values, ...rest } = setting;
      expect([name, known[name as keyof typeof known]]).toEqual([
        name,
        { ...rest, ...(values === undefined ? {} : { values: expect.arrayContaining(values) as unknown }) },
      ]);
    }
  } finally {
    await database.drop();
  }
});

test.each([
  ['synchronous_commit', 'off', 'a commit is acknowledged when a standby has it; allowed on, remote_apply'],
  ['synchronous_commit', 'local', 'allowed on, remote_apply'],
  ['fsync', 'off', 'it is managed, since an acknowledged commit must survive a crash; leave it out'],
  ['full_page_writes', 'off', 'an acknowledged commit must survive a crash'],
  ['wal_level', 'minimal', 'allowed replica, logical'],
  ['archive_mode', 'off', 'every change must reach the backup repository; leave it out'],
  ['archive_command', '/bin/true', 'every change must reach the backup repository'],
  ['archive_timeout', '0', 'allowed 1s to 60s'],
  ['archive_timeout', '2min', 'allowed 1s to 60s'],
  ['restore_command', 'cp /x/%f %p', 'Patroni and the restore decide how a member recovers'],
  ['recovery_min_apply_delay', '1h', 'Patroni and the restore decide how a member recovers'],
  ['ssl', 'off', 'connections are encrypted'],
  ['ssl_min_protocol_version', 'TLSv1', 'connections are encrypted'],
  ['password_encryption', 'md5', 'SCRAM only'],
  ['synchronous_standby_names', '', 'ignores what is given; set db.synchronousMode instead'],
  ['listen_addresses', '127.0.0.1', 'Patroni writes it, and ignores what is given; leave it out'],
  ['port', '5433', 'Patroni writes it'],
  ['hot_standby', 'off', 'a standby must be asked for its state'],
  ['wal_log_hints', 'off', 'a former primary must be rewound'],
  ['max_connections', '500', 'set db.maxConnections instead'],
  ['max_wal_senders', '3', 'allowed from 10'],
  ['wal_keep_size', '64MB', 'allowed from 128MB'],
  ['shared_preload_libraries', 'pg_stat_statements', 'the guard of commits and the audit are loaded by it'],
  ['pgaudit.log', 'none', 'allowed lists with role and ddl, or all'],
  ['pgaudit.log', 'all,-role', 'allowed lists with role and ddl, or all'],
  ['log_parameter_max_length', '-1', 'must not tell names and addresses of students; leave it out'],
  ['log_parameter_max_length_on_error', '-1', 'must not tell names and addresses of students; leave it out'],
  ['pgaudit.log_parameter', 'on', 'must not tell names and addresses of students; leave it out'],
  ['hba_file', '/tmp/hba', 'who may log in is written by the platform'],
  ['log_destination', 'csvlog', 'standard error of the pod'],
  ['logging_collector', 'on', 'standard error of the pod'],
  ['timezone', 'Europe/Moscow', 'the SQL of the platform counts in it'],
  ['autovacuum', 'off', 'grow until writes stop'],
  ['Fsync', 'off', 'write it as fsync'],
  ['work_memm', '64MB', 'PostgreSQL 17 has no such parameter'],
  ['zero_damaged_pages', 'on', 'PostgreSQL 17 has no such parameter for those who run it'],
  ['data_checksums', 'off', 'PostgreSQL 17 has no such parameter for those who run it'],
  ['work_mem', '64 megabytes', 'allowed 64 to 2147483647 in units of kB, or with one of B, kB, MB, GB, TB'],
  ['work_mem', '3TB', 'allowed 64 to 2147483647 in units of kB'],
  ['checkpoint_timeout', '1s', 'allowed 30 to 86400 in units of s'],
  ['random_page_cost', '-1', 'allowed 0 to'],
  ['wal_compression', 'snappy', 'allowed pglz, lz4, zstd, on, off'],
  ['track_io_timing', 'maybe', 'allowed on or off'],
])('refuses %s = %s', (name, value, reason) => {
  const problems = parameterProblems({ [name]: value }, 'db.');
  expect(problems).toEqual([expect.stringContaining(`db.parameters.${name} is '${value}': `)]);
  expect(problems[0]).toContain(reason);
});

test('takes what tunes a server, and what keeps a promise in another way', () => {
  const parameters = {
    work_mem: '64MB',
    shared_buffers: '2 GB',
    datestyle: 'ISO, DMY',
    random_page_cost: '1.5',
    autovacuum_vacuum_scale_factor: '0.05',
    checkpoint_timeout: '15min',
    log_min_duration_statement: '-1',
    wal_compression: 'off',
    wal_level: 'logical',
    synchronous_commit: 'remote_apply',
    archive_timeout: '30s',
    max_wal_senders: '20',
    'pgaudit.log': 'role, ddl, write',
    'auto_explain.log_min_duration': '3s',
  };
  expect(parameterProblems(parameters)).toEqual([]);
  const settings = dynamicSettings({ ...PLAIN_SETTINGS, parameters });
  expect(at(settings, 'postgresql', 'parameters')).toMatchObject(parameters);
});

test('what the platform sets itself is a value that the server takes, and it keeps its own promises', () => {
  const own = at<Record<string, string | number>>(dynamicSettings(PLAIN_SETTINGS), 'postgresql', 'parameters')!;
  const asked = Object.entries(own)
    .filter(
      ([name]) => (GUARDED as Record<string, { keeps?: object }>)[name]?.keeps !== undefined || !(name in GUARDED),
    )
    .map(([name, value]) => [name, String(value)]);
  expect(asked.length).toBeGreaterThan(10);
  expect(parameterProblems(Object.fromEntries(asked) as Record<string, string>)).toEqual([]);
});

test('a cluster is not made with a parameter that takes a promise back', () => {
  expect(() => dynamicSettings({ ...PLAIN_SETTINGS, parameters: { fsync: 'off' } })).toThrow(
    "parameters.fsync is 'off'",
  );
});
