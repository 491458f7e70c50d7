/** Becomes a command of Airflow that runs to its end. */
export const airflow = (command: string): string[] => ['bash', '-c', `exec airflow ${command}`];

/** Days that logs of tasks are kept, and those of the DAG processor, which writes 3 MB a day about nothing but its files. */
export const LOG_DAYS = { tasks: 14, dagProcessor: 2 } as const;

/** `find` counts whole days and wants more than the number: +1 is two days and more. */
const older = (days: number): string => `-mtime +${days - 1}`;

/**
 * Goes on beside a service that writes logs, which Airflow never deletes by itself, and ends with it. An empty folder stays for two days:
 * a task may have made it just now.
 */
export const DELETE_OLD_LOGS = [
  'service=$BASHPID; while sleep 3600 && kill -0 $service 2>/dev/null; do find "$AIRFLOW_HOME/logs" -ignore_readdir_race -mindepth 2',
  `\\( -type f \\( -path '*/dag_processor/*' ${older(LOG_DAYS.dagProcessor)} -o ${older(LOG_DAYS.tasks)} \\)`,
  `-o -type d -empty ${older(LOG_DAYS.dagProcessor)} \\) -delete; done & `,
].join(' ');

const CONNECT =
  'import os, psycopg2; psycopg2.connect(os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].replace("+psycopg2", "")).close()';

/**
 * For what keeps running: a start while the database is away waits for it, since a crash loop would wait longer and longer.
 * @param beside shell that starts what goes on beside it
 */
export const airflowService = (command: string, beside = ''): string[] => [
  'bash',
  '-c',
  `${beside}set -o pipefail; until python -c '${CONNECT}' 2>&1 | tail -n 1; do sleep 2; done; exec airflow ${command}`,
];
