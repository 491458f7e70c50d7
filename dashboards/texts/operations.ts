import { BURNS, OBJECTIVES } from '../../rules/objectives';
import type { PanelTexts } from './types';

type OperationTexts = { title: string; description: string; panels: Record<string, PanelTexts> };

const NO_METRIC = 'Prometheus has no such series: is the exporter up? See "Are all targets scraped?" of Prometheus.';

/** Words of a panel, with those of its columns if it has any. Prometheus and Loki call columns Time, Value and by their labels. */
function panel<L extends Record<string, string> = Record<string, never>>(
  title: string,
  description: string,
  noData: string = NO_METRIC,
  labels: L = {} as L,
) {
  return { title, description, noData, labels };
}

export const about = {
  title: 'What is this page?',
  description: 'What the page shows, and what to do with it.',
  body: 'Every alert names a runbook with first steps. Figures of students on this page are simulated and show no name.',
};

/** Such as `availability of 30 days`. */
const budgetWindows = OBJECTIVES.map(({ slo, window }) => `${slo} of ${window.replace('d', ' days')}`).join(', ');

export const sloTexts = {
  title: 'Platform and objectives',
  description: 'Do we keep what we promised, and what is about to break it?',
  panels: {
    budget: panel(
      'How much error budget is left?',
      `Part of the error budget that is left, per objective (0 to 1): ${budgetWindows}, or of as many days as samples are kept if these are fewer. Time before the platform was there counts as good. At 0 the objective is missed.`,
    ),
    burn: panel(
      'How fast does the budget burn?',
      `Error ratio over the budget of each objective: at 1 the budget lasts exactly its window. ${BURNS.SloBurnFast[0].rate} over one hour pages.`,
    ),
    records: panel(
      'How many events does a tick write?',
      'Events per 5-second tick over all replicas. None for a minute means that the ingest has stopped.',
    ),
    freshness: panel(
      'How old is the oldest watermark?',
      'Age of the least advanced of all 64 shards, orphaned ones included: live figures are complete up to there.',
    ),
    tick: panel(
      'How long does a tick take?',
      'Duration of a tick from its first statement to the answer to COMMIT. It must stay below the 5 seconds between two ticks.',
    ),
    replicas: panel('Are all replicas there?', 'Replicas that are wanted and not available, per workload.'),
    restarts: panel('What restarts?', 'Container restarts in the last hour, per container.'),
    memory: panel(
      'Who is close to the memory limit?',
      'Working set as a share of the limit, per container. At the limit the kernel ends the process.',
    ),
    volumes: panel('Which volume fills up?', 'Used share of each volume claim.'),
    queries: panel('Do dashboards answer in time?', '95 % of the data source queries of Grafana are faster than this.'),
    alerts: panel(
      'What is firing?',
      'Alerts that fire now, without the watchdog, and on how many series each.',
      'No alert is firing.',
      { Time: 'time', alertname: 'Alert', severity: 'Severity', Value: 'Series' },
    ),
  },
} as const satisfies OperationTexts;

export const roleTexts = { primary: 'primary', synchronous: 'synchronous standby', replica: 'replica' } as const;

export const postgresTexts = {
  title: 'PostgreSQL and Patroni',
  description: 'Is there one healthy primary, and can it be replaced?',
  panels: {
    roles: panel('Who is primary, who is replica?', 'Role of each member over time. Exactly one primary at any time.'),
    timeline: panel('How often did the primary change?', 'Timeline number: it grows by one with each promotion.'),
    dcs: panel(
      'Can the members reach the cluster store?',
      "Age of each member's last contact with the Kubernetes API. Beyond ttl (20 s) a primary without it would step down, were it not for failsafe mode.",
    ),
    lag: panel('How far behind are the standbys?', 'WAL between the primary and what each standby has replayed.'),
    connections: panel(
      'Are there enough connections?',
      'Sessions of clients on each member, as a share of the connections that they may have.',
    ),
    transactions: panel(
      'How many transactions commit and roll back?',
      'Transactions per second in the database edtech.',
    ),
    longest: panel(
      'How old is the oldest transaction?',
      'A long transaction keeps vacuum from cleaning and can hold up a failover. A proof reads all rows in one snapshot and may take hours.',
    ),
    locks: panel(
      'Who holds locks?',
      'Locks held, by mode. Waiting sessions show as active connections that do not commit.',
    ),
    checkpoints: panel(
      'Are checkpoints due to time or to load?',
      'Checkpoints in the range by cause. Many requested ones: raise max_wal_size.',
    ),
    archive: panel(
      'Is WAL archived?',
      'Age of the last archived segment (left), and failed attempts (right). A failing archive means no restore to the present.',
    ),
    slots: panel('Do slots keep WAL?', 'WAL that a replication slot keeps from being removed.'),
    statements: panel(
      'Which statements cost most?',
      'The ten statements with the greatest total time in the range, by query id and role; pg_stat_statements has their text.',
      NO_METRIC,
      { Time: 'time', queryid: 'Query id', user: 'Role', Value: 'Total time' },
    ),
    tables: panel(
      'Which tables are large or full of dead rows?',
      'The 25 largest tables and partitions, with dead rows as a share, as the primary counts them: above 20 % vacuum does not keep up. Counts of rows begin again with each primary.',
      'No statistics yet.',
      {
        table_name: 'Table',
        bytes: 'Size',
        live_rows: 'Live rows',
        dead_share: 'Dead share',
        last_vacuum: 'Last vacuum',
      },
    ),
    backups: panel(
      'How old are the backups?',
      'Time since the last full backup, and since the last of any kind. Objective: full 8 days, any 26 hours.',
    ),
    repository: panel(
      'How large are the backups?',
      'What the newest backup of each kind added to the repository, and all backups kept, without WAL.',
    ),
  },
} as const satisfies OperationTexts;

export const pipelineTexts = {
  title: 'Pipeline',
  description: 'Does every event arrive once, and is every day published?',
  panels: {
    rate: panel(
      'How many events arrive, of which type?',
      'Events per second by when they happened, from the minute roll-up, as far as all shards are counted.',
      'No event in this range.',
      {
        sessions: 'sessions',
        starts: 'lesson starts',
        heartbeats: 'heartbeats',
        interactions: 'pauses, seeks, resumes',
        ends: 'lesson ends',
        other: 'buffering, enrolment',
      },
    ),
    batches: panel(
      'Do batches commit?',
      'Transactions of the ingest per minute, by result. A gap is a time in which no simulator was scraped; an empty tick is a transaction too.',
    ),
    watermarks: panel(
      'Which shards are behind?',
      'Seconds that each of the 64 shards is behind the newest watermark; 0 is good. A row of high numbers is one replica.',
      'No shard has a watermark yet.',
      {
        block: 'shards',
      },
    ),
    leases: panel(
      'Who holds which shards?',
      'Replicas with their leases and when these end. A shard whose lease has ended waits for a taker.',
      'No replica has registered.',
      {
        holder: 'Replica',
        shards: 'Shards',
        expires_in: 'Lease ends in',
        watermark: 'Oldest watermark',
      },
    ),
    late: panel(
      'How much is late?',
      'Share of events received more than 2 minutes after they happened, by when they happened.',
      'No event in this range.',
      { late: 'late events' },
    ),
    pending: panel(
      'Do the roll-ups keep up?',
      'Ledger rows that are not rolled up, their events, and the age of the oldest.',
      'No ledger row yet.',
      {
        batches: 'ledger rows pending',
        events: 'events pending',
        oldest: 'oldest',
      },
    ),
    equality: panel(
      'Do ledger and roll-ups agree?',
      'By how many events the ledger (rows that are marked as rolled up) and the minute roll-up differ, too many or too few, over the UTC days of the range. It must be 0 while the ledger is kept.',
      'No complete UTC day in this range.',
      {
        difference: 'difference',
        events: 'events compared',
      },
    ),
    verify: panel(
      'Does the stream prove itself?',
      'Events lost, extra or changed and dropped days that are unproven, at the last verification against the seed, and days of earlier ones that differed and were not verified since. Anything but 0 stops retention.',
      'No verification has been exported yet.',
    ),
    days: panel(
      'Which days are published?',
      'Runs of each cohort and day, the newest days first: cut, status, duration and checks that failed. A run must take less than 5 minutes.',
      'No run yet.',
      {
        day: 'Day',
        cohort: 'Cohort',
        kind: 'Kind',
        as_of: 'Cut',
        status: 'Status',
        seconds: 'Duration',
        failed_checks: 'Failed checks',
      },
    ),
    restatements: panel(
      'What was restated, and by how much?',
      'Largest relative change per restated day and figure, from the first publication to the last. More than 5 % of a total of the platform (cohort –) raises an alert. Without figures: a student was erased, and the day was made again.',
      'Nothing was restated in this range.',
      {
        day: 'Day',
        cohort: 'Cohort',
        figure: 'Figure',
        times: 'Times',
        old_value: 'Before',
        new_value: 'After',
      },
    ),
    failures: panel(
      'Which checks fail?',
      'Failed data quality checks in the range with the rows that they found.',
      'No check failed in this range.',
      {
        day: 'Day',
        cohort: 'Cohort',
        check_name: 'Check',
        blocking: 'Blocks publication',
        failed_rows: 'Rows',
      },
    ),
    partitions: panel(
      'Are partitions ready?',
      'Day partitions of the event log: how many days ahead exist, and how many are held.',
      'No partition exists.',
      {
        ahead: 'days ahead',
        held: 'days held',
        first_day: 'first day held',
      },
    ),
  },
} as const satisfies OperationTexts;

export const airflowTexts = {
  title: 'Airflow',
  description: 'Do the daily jobs run, and on time?',
  panels: {
    heartbeats: panel(
      'Do scheduler and DAG processor live?',
      'Heartbeats per second. None for two minutes raises an alert.',
    ),
    imports: panel(
      'Do all DAG files load?',
      'DAG files with an import error. The error text is in Airflow under "Import errors".',
    ),
    parse: panel('When was each DAG file read last?', 'Seconds since the last parse, per file.'),
    tasks: panel(
      'Do tasks succeed?',
      "Task instances that ended in each hour, by result, from Airflow's own database.",
      'No task ended in this range.',
      { succeeded: 'succeeded', failed: 'failed' },
    ),
    runs: panel('How long do DAG runs take?', 'Average duration of the runs that finished in 24 hours, by result.'),
    delay: panel('Do runs start on time?', 'Average time between the planned and the real start, over 24 hours.'),
    deadlines: panel('Are days late?', 'Days of all cohorts that should be published and are not.'),
    queue: panel(
      'Is there room to run?',
      'Queued tasks, open slots of the executor, and tasks that starve for a pool slot.',
    ),
    zombies: panel('Did tasks die without a word?', 'Task instances without heartbeats that were ended.'),
    lastRuns: panel(
      'When did each DAG run last?',
      "Last run of each DAG, from Airflow's own database.",
      'No DAG run is recorded.',
      {
        dag_id: 'DAG',
        state: 'State',
        logical_date: 'Logical date',
        started: 'Started',
        seconds: 'Duration',
      },
    ),
  },
} as const satisfies OperationTexts;

const NO_LOGS = 'Loki returned no line for this range: is the collector running?';

export const logsTexts = {
  title: 'Logs, errors, audit',
  description: 'What does the platform say, who logged in, and what was refused?',
  panels: {
    volume: panel('Who writes how much?', 'Log lines by application and level.', NO_LOGS),
    errors: panel('What are the errors?', 'Lines of level error, newest first.', 'No error in this range.'),
    top: panel('Which messages repeat?', 'The ten most frequent error messages.', 'No error in this range.', {
      Time: 'time',
      app: 'Application',
      error: 'Error',
      'Value #A': 'Lines',
    }),
    fatal: panel(
      'What did PostgreSQL refuse?',
      'FATAL and PANIC messages, refused logins included.',
      'PostgreSQL refused nothing in this range.',
    ),
    logins: panel(
      'Who logs in to the database?',
      'Successful logins to PostgreSQL per role.',
      'No login was logged in this range.',
    ),
    audit: panel(
      'Who logs in to Grafana and Airflow?',
      'Login lines of Grafana and Airflow.',
      'No login in this range.',
    ),
    loki: panel('Does Loki answer?', 'Share of requests to Loki that end with a server error.'),
    bytes: panel('How much is stored?', 'Bytes per second that Loki takes in.'),
    drops: panel(
      'Does the collector lose lines?',
      'Log records that the collector failed to send, per second. It must be 0.',
    ),
  },
} as const satisfies OperationTexts;

const NO_ERROR = 'No error in the last day.';
const ERROR_COLUMNS = {
  Time: 'time',
  app: 'Application',
  error: 'Error',
  fingerprint: 'Fingerprint',
  'Value #A': 'Lines',
};

export const errorsTexts = {
  title: 'Errors',
  description: 'Which errors are new, and which come again and again?',
  panels: {
    news: panel(
      'How many kinds of errors are new?',
      'Kinds of the last day that none of the five days before had, by the fingerprint: the hash of the text without numbers, ids and quoted values. On the first day everything is new.',
      'Nothing new in the last day.',
    ),
    kinds: panel('How many kinds of errors are there?', 'Different fingerprints of the last day.', NO_ERROR),
    days: panel('When do errors happen?', 'Lines of level error by application.', 'No error in this range.'),
    newList: panel(
      'Which errors are new?',
      'With how often each was logged in the last day. Look at what was changed; the lines are below.',
      'Nothing new in the last day.',
      ERROR_COLUMNS,
    ),
    frequent: panel(
      'Which errors are frequent?',
      'The twenty most frequent kinds of the last day. One that nobody minds is better logged as a warning.',
      NO_ERROR,
      ERROR_COLUMNS,
    ),
    lines: panel('What do they say?', 'Lines of level error, newest first.', 'No error in this range.'),
  },
} as const satisfies OperationTexts;
