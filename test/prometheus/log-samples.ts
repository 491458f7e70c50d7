const prefix = '2026-11-28 20:00:00.124 UTC [12] user=edtech_a db=edtech app=x client=10.1.1.1';

const POSTGRES = `${prefix} LOG:  connection authorized: user=x
${prefix} ERROR:  duplicate key value violates unique constraint "a_pkey"
${prefix} DETAIL:  Key (id)=(1) already exists.
${prefix} STATEMENT:  insert into a
	values (1)
2026-11-28 20:00:01.124 UTC [13] user=bob db=edtech app= client=10.1.1.1 FATAL:  no pg_hba.conf entry for host "10.1.1.1"
2026-11-28 20:00:01,124 INFO: no action. I am (edtech-postgres-0), the leader with the lock
2026-11-28 20:00:01,124 WARNING: Could not activate Linux watchdog device
2026-11-28 20:00:02,124 ERROR: failed
Traceback (most recent call last):
  File "x.py", line 3, in y
    raise ValueError("no")
ValueError: no
2026-11-28 20:00:02.124 P00   WARN: WAL file '000000010000000000000001' already exists in the repo1 archive
2026-11-28 20:00:03.124 P00  ERROR: [103]: unable to find a valid repository:
                                    repo1: [HostConnectError] timeout connecting to 'x:8432'`;

const SIMULATOR = [
  { level: 'info', msg: 'committed' },
  { level: 'error', err: { type: 'Error' }, msg: 'lost 123 rows of "x" at 10.1.2.3' },
  { level: 'warn', msg: 'slow' },
]
  .map((line) => JSON.stringify({ time: '2026-11-28T20:00:00.000Z', app: 'simulator', ...line }))
  .join('\n');

const SCHEDULER = `2026-11-28T20:00:00.123456Z [info     ] Adopting [airflow.jobs] loc=x.py:1
2026-11-28T20:00:00.123456Z [error    ] Something broke 5 times [airflow.jobs] loc=x.py:1
Traceback (most recent call last):
  File "x.py", line 3, in y
sqlalchemy.exc.OperationalError: (psycopg2.OperationalError) server closed

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "x.py", line 3, in y
RuntimeError: bad
INFO:     10.1.1.1:3000 - "GET /health HTTP/1.1" 200 OK
[2026-11-28T20:00:00.123+0000] {x.py:3} WARNING - hello`;

const EXPORTER = `I1128 20:00:00.000000       1 server.go:1] Started
E1128 20:00:00.000000       1 server.go:1] Failed
level=warn msg=hello
ts=1 level=ERROR msg="bad 5"
plain text`;

/** The first two come with each query. */
const LOKI = [
  { caller: 'grpc_logging.go:76', err: 'deletion is not available for this tenant', level: 'warn', msg: 'gRPC' },
  {
    caller: 'gennumber_loader.go:136',
    err: 'rpc error: code = Unknown desc = deletion is not available for this tenant',
    level: 'error',
    msg: 'error loading cache generation numbers',
  },
  { caller: 'ratestore.go:110', err: 'empty ring', level: 'error', msg: 'error getting ingester clients' },
]
  .map((line) => JSON.stringify(line))
  .join('\n');

/** How many entries the lines of both runtimes make. */
export const ENTRIES = 21 + 2;

/** Where the kubelet keeps what a container writes, below /var/log/pods. */
export const fileOf = (container: string, number: number): string =>
  `edtech_edtech-${container}-0_0123abcd-0000-4000-8000-00000000000${number}/${container}/0.log`;

/** Lines as containerd writes them, a millisecond between two. */
export const containerdLines = (lines: readonly string[], nowMs: number): string =>
  lines
    .map((line, index) => `${new Date(nowMs + index).toISOString().replace('Z', '000000Z')} stdout F ${line}\n`)
    .join('');

/** What containers write, as containerd puts it into files below /var/log/pods. */
export function podFiles(nowMs: number): Record<string, string> {
  const files = {
    postgres: POSTGRES,
    simulator: SIMULATOR,
    scheduler: SCHEDULER,
    'kube-state-metrics': EXPORTER,
    loki: LOKI,
  };
  return Object.fromEntries(
    Object.entries(files).map(([container, text], number) => [
      fileOf(container, number),
      containerdLines(text.split('\n'), nowMs),
    ]),
  );
}

export const CRIO_CONTAINER = 'grafana';

/** The same as CRI-O writes it, on a node in UTC and on one two hours ahead: an offset for the Z, and a long line in parts. */
export function crioFiles(nowMs: number): Record<string, string> {
  const at = (ms: number, hoursAhead: number): string =>
    new Date(ms + hoursAhead * 3_600_000).toISOString().replace('Z', `000000+0${hoursAhead}:00`);
  const lines = [
    `${at(nowMs, 0)} stdout F level=warn msg=first`,
    `${at(nowMs + 1, 2)} stderr P level=error msg=sec`,
    `${at(nowMs + 2, 2)} stderr F ond`,
  ];
  return { [fileOf(CRIO_CONTAINER, 9)]: lines.map((line) => `${line}\n`).join('') };
}
