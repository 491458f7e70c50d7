import { DCS_UNSEEN_SECONDS, REPLICA_LAG_BYTES, WAL_SEGMENT_BYTES } from '../../rules/alerts/postgres';
import { CONNECTIONS_HIGH, CONNECTIONS_USED } from '../../rules/connections';
import { LONGEST_TRANSACTION_SECONDS, OPEN_PROOFS, OPEN_TRANSACTIONS } from '../../rules/transactions';
import type { DashboardFactory } from '../lib/build';
import { columns } from '../lib/columns';
import { queries, states, table, timeseries } from '../lib/panels';
import { postgresTexts, roleTexts } from '../texts/operations';
import { HALF, operationsPage, THIRD } from './shared';

const source = 'prometheus';
const t = postgresTexts.panels;
const RATE = '[$__rate_interval]';

const panels = [
  states({
    ...t.roles,
    key: 'roles',
    source,
    size: HALF,
    fields: [],
    words: {
      2: { text: roleTexts.primary, colour: 'blue' },
      1: { text: roleTexts.synchronous, colour: 'green' },
      0: { text: roleTexts.replica, colour: 'grey' },
    },
    query: 'max by (name) (2 * patroni_primary + patroni_sync_standby + patroni_quorum_standby)',
    legend: '{{name}}',
  }),
  timeseries({
    ...t.timeline,
    key: 'timeline',
    source,
    size: { w: 6, h: 8 },
    fields: [],
    query: 'max by (name) (patroni_postgres_timeline)',
    legend: '{{name}}',
  }),
  timeseries({
    ...t.dcs,
    key: 'dcs',
    source,
    size: { w: 6, h: 8 },
    unit: 's',
    min: 0,
    fields: [],
    thresholds: {
      base: 'good',
      steps: [
        { value: 15, state: 'watch' },
        { value: DCS_UNSEEN_SECONDS, state: 'bad' },
      ],
      reason: `a healthy member is in touch every few seconds; at ${DCS_UNSEEN_SECONDS} s an alert is raised.`,
    },
    query: 'time() - max by (name) (patroni_dcs_last_seen)',
    legend: '{{name}}',
  }),
  timeseries({
    ...t.lag,
    key: 'lag',
    source,
    size: THIRD,
    unit: 'bytes',
    min: 0,
    fields: [],
    thresholds: {
      base: 'good',
      steps: [
        { value: WAL_SEGMENT_BYTES, state: 'watch' },
        { value: REPLICA_LAG_BYTES, state: 'bad' },
      ],
      reason: 'one WAL segment is 16 MB; at four of them an alert is raised.',
    },
    query: 'max by (application_name) (pg_stat_replication_pg_wal_lsn_diff)',
    legend: '{{application_name}}',
  }),
  timeseries({
    ...t.connections,
    key: 'connections',
    source,
    size: THIRD,
    unit: 'percentunit',
    min: 0,
    max: 1,
    fields: [],
    thresholds: {
      base: 'good',
      steps: [
        { value: 0.7, state: 'watch' },
        { value: CONNECTIONS_HIGH, state: 'bad' },
      ],
      reason: `at ${CONNECTIONS_HIGH * 100} % an alert is raised; the rest is for superusers and a failover.`,
    },
    query: CONNECTIONS_USED,
    legend: '{{pod}}',
  }),
  timeseries({
    ...t.transactions,
    key: 'transactions',
    source,
    size: THIRD,
    unit: 'cps',
    min: 0,
    fields: [],
    query: queries(
      { query: `sum(rate(pg_stat_database_xact_commit{datname="edtech"}${RATE}))`, legend: 'commits' },
      { query: `sum(rate(pg_stat_database_xact_rollback{datname="edtech"}${RATE}))`, legend: 'rollbacks' },
    ),
  }),
  timeseries({
    ...t.longest,
    key: 'longest',
    source,
    size: THIRD,
    unit: 's',
    min: 0,
    fields: [],
    thresholds: {
      base: 'good',
      steps: [{ value: LONGEST_TRANSACTION_SECONDS, state: 'bad' }],
      reason: `no statement of ours may run longer than ${LONGEST_TRANSACTION_SECONDS / 60} minutes, but for the proof of what is stored.`,
    },
    query: queries(
      { query: `max by (usename) (${OPEN_TRANSACTIONS})`, legend: '{{usename}}' },
      { query: `max(${OPEN_PROOFS})`, legend: 'proof' },
    ),
  }),
  timeseries({
    ...t.locks,
    key: 'locks',
    source,
    size: THIRD,
    min: 0,
    fields: [],
    query: 'sum by (mode) (pg_locks_count{datname="edtech"}) > 0',
    legend: '{{mode}}',
  }),
  timeseries({
    ...t.checkpoints,
    key: 'checkpoints',
    source,
    size: THIRD,
    min: 0,
    fields: [],
    query: queries(
      { query: `sum(increase(pg_stat_checkpointer_num_timed_total${RATE}))`, legend: 'timed' },
      { query: `sum(increase(pg_stat_checkpointer_num_requested_total${RATE}))`, legend: 'requested' },
    ),
  }),
  timeseries({
    ...t.archive,
    key: 'archive',
    source,
    size: THIRD,
    unit: 's',
    min: 0,
    fields: [],
    thresholds: {
      base: 'good',
      steps: [{ value: 900, state: 'bad' }],
      reason: 'a segment is archived every 60 s at the latest; 15 minutes is many failures.',
    },
    query: queries(
      {
        query: 'max(pg_stat_archiver_last_archive_age and on (pod) patroni_primary == 1)',
        legend: 'age of the last segment',
      },
      { query: 'max(increase(pg_stat_archiver_failed_count[15m]))', legend: 'failures in 15 min', unit: 'none' },
    ),
  }),
  timeseries({
    ...t.slots,
    key: 'slots',
    source,
    size: THIRD,
    unit: 'bytes',
    min: 0,
    fields: [],
    query: 'max by (slot_name) (pg_replication_slots_pg_wal_lsn_diff)',
    legend: '{{slot_name}}',
  }),
  timeseries({
    ...t.backups,
    key: 'backups',
    source,
    size: { w: 4, h: 7 },
    unit: 's',
    min: 0,
    fields: [],
    query: 'time() - max by (kind) (edtech_backup_last_completion_timestamp_seconds{kind=~"full|any"})',
    legend: '{{kind}}',
  }),
  timeseries({
    ...t.repository,
    key: 'repository',
    source,
    size: { w: 4, h: 7 },
    unit: 'bytes',
    min: 0,
    fields: [],
    query: queries(
      { query: 'max by (kind) (edtech_backup_size_bytes{of="repository"})', legend: 'newest {{kind}}' },
      { query: 'max(edtech_backup_kept_bytes)', legend: 'all kept' },
    ),
  }),
  table({
    ...t.statements,
    key: 'statements',
    source,
    size: HALF,
    fields: columns(t.statements.labels, {
      Time: { hidden: true },
      // A number of up to 20 digits, which would be rounded as one.
      queryid: { unit: 'string' },
      user: { unit: 'string' },
      Value: { unit: 's' },
    }),
    query: 'topk(10, sum by (queryid, user) (increase(pg_stat_statements_seconds_total{datname="edtech"}[$__range])))',
  }),
  table({
    ...t.tables,
    key: 'tables',
    source: 'primary',
    size: HALF,
    fields: columns(t.tables.labels, {
      table_name: { width: 280 },
      bytes: { unit: 'bytes' },
      dead_share: {
        unit: 'percentunit',
        decimals: 0,
        thresholds: {
          base: 'good',
          steps: [{ value: 0.2, state: 'watch' }],
          reason: "a fifth is PostgreSQL's own threshold for vacuum.",
        },
      },
      last_vacuum: { unit: 'dateTimeAsIso' },
    }),
    query: `
select schemaname || '.' || relname as table_name, pg_total_relation_size(relid) as bytes, n_live_tup as live_rows,
  (n_dead_tup::numeric / nullif(n_live_tup + n_dead_tup, 0))::float8 as dead_share, greatest(last_vacuum, last_autovacuum) as last_vacuum
from pg_stat_user_tables order by bytes desc limit 25`,
  }),
];

/** The database: who leads, who follows, what it costs and whether it can be restored. */
export const postgres: DashboardFactory = () => operationsPage({ uid: 'ops-pg', range: '6h', refresh: '30s', panels });
