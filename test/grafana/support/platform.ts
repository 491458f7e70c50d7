import path from 'node:path';
import type { QueryResult } from 'pg';
import {
  databaseUrl,
  LOCAL_LOGINS,
  superuserUrl,
  type DatabaseAddress,
  type LocalConsumer,
  type Passwords,
} from '../../../local/postgres/bootstrap';
import { withClient } from '../../../local/postgres/client';
import { createMigrated } from '../../../local/postgres/migrated';
import { runAnswerKey } from '../../../simulator/src/proof/answer-key';
import { IMAGE, type ImageName } from '../../../src/images';
import { AIRFLOW_TABLES, DATABASE, PORT, serviceHost } from '../../../src/names';
import { CONSUMERS, loginsOf } from '../../../src/secrets/catalogue';
import type { SecretStore } from '../../../src/secrets/store';
import { fillDatabase } from '../../dashboards/support/filled-database';
import type { Containers } from '../../support/containers';
import { databaseAt } from '../../support/database';
import { eventually } from '../../support/eventually';

const DAGS = path.resolve(__dirname, '../../../dags');
/** Account of the server in its image. */
const POSTGRES_UID = 999;
const CERTIFICATES = '/etc/edtech/tls';
/** So many that no cohort is small enough to be hidden. */
const STUDENTS = 300;

const reference = (name: ImageName): string => `${IMAGE[name].repository}:${IMAGE[name].tag}`;

/** What Grafana connects to, under the host names of the cluster: PostgreSQL with data, Prometheus, Loki. */
export async function startPlatform(containers: Containers, { values }: Pick<SecretStore, 'values'>): Promise<void> {
  containers.run({ image: reference('prometheus'), aliases: [serviceHost('edtech-prometheus')] });
  containers.run({ image: reference('loki'), aliases: [serviceHost('edtech-loki')] });
  const logins = values.logins!;
  const passwords = {
    superuser: values.patroniApi!.password,
    ...Object.fromEntries(Object.entries(LOCAL_LOGINS).map(([consumer, login]) => [consumer, logins[login]])),
  } as Passwords;
  const server = startPostgres(containers, passwords.superuser, values.postgresTls!);
  const address: DatabaseAddress = {
    port: containers.port(server, PORT.postgres),
    database: DATABASE.edtech,
    passwords,
  };
  await eventually('PostgreSQL', 60, () => ask(superuserUrl({ ...address, database: 'postgres' }), 'select 1'));

  await createMigrated(address);
  const url = (consumer: LocalConsumer): string => databaseUrl(address, consumer);
  await fillDatabase({ simulator: url('simulator'), analytics: url('analytics') }, STUDENTS);
  await runAnswerKey({ database: databaseAt(url('simulator')), publish: true });
  await otherDatabases(address, logins);
  await prepareAirflow(containers, address, logins);
}

/** PostgreSQL with the certificate that clients of the cluster verify. @returns id of the container */
function startPostgres(containers: Containers, password: string, tls: Readonly<Record<string, string>>): string {
  const settings = {
    ssl: 'on',
    ssl_cert_file: `${CERTIFICATES}/tls.crt`,
    ssl_key_file: `${CERTIFICATES}/tls.key`,
    fsync: 'off',
    // As on the platform: plans of the daily functions look expensive enough for minutes of compilation.
    jit: 'off',
    random_page_cost: '1.1',
    shared_buffers: '256MB',
  };
  return containers.run({
    image: 'postgres:17-bookworm',
    aliases: ['edtech-postgres-rw', 'edtech-postgres-ro'],
    env: { POSTGRES_PASSWORD: password },
    publish: PORT.postgres,
    options: ['--volume', `${containers.folderOf(tls, POSTGRES_UID)}:${CERTIFICATES}:ro`, '--shm-size', '256m'],
    command: ['postgres', ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
  });
}

/** The databases of Airflow and Grafana with their logins, as the cluster's reconciler makes them. */
async function otherDatabases(address: DatabaseAddress, logins: Readonly<Record<string, string>>): Promise<void> {
  const superuser = superuserUrl({ ...address, database: 'postgres' });
  for (const consumer of ['airflow', 'grafana', 'dashboards-airflow'] as const) {
    const [login] = loginsOf(consumer);
    await ask(superuser, `create role ${CONSUMERS[consumer]} nologin`);
    await ask(superuser, `create role ${login} login in role ${CONSUMERS[consumer]} password '${logins[login]}'`);
    if (consumer === 'dashboards-airflow') continue;
    await ask(superuser, `alter role ${login} set role to ${CONSUMERS[consumer]}`);
    await ask(superuser, `create database ${DATABASE[consumer]} owner ${CONSUMERS[consumer]}`);
    await ask(superuser, `revoke all on database ${DATABASE[consumer]} from public`);
  }
}

/** Airflow's own tables by Airflow, and in them one run of a DAG, which checks the days of the stream that are open. */
async function prepareAirflow(
  containers: Containers,
  address: DatabaseAddress,
  logins: Readonly<Record<string, string>>,
): Promise<void> {
  const url = (login: string, database: string): string =>
    `${login}:${logins[login]}@edtech-postgres-rw:${PORT.postgres}/${database}?sslmode=require`;
  containers.runToEnd({
    image: reference('airflow'),
    env: {
      AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: `postgresql+psycopg2://${url(loginsOf('airflow')[0], DATABASE.airflow)}`,
      AIRFLOW_CONN_EDTECH: `postgresql://${url(loginsOf('analytics')[0], DATABASE.edtech)}`,
      AIRFLOW__CORE__LOAD_EXAMPLES: 'False',
      CONNECTION_CHECK_MAX_COUNT: '0',
    },
    options: ['--volume', `${DAGS}:/opt/airflow/dags:ro`],
    command: ['bash', '-c', 'airflow db migrate && airflow dags test data_quality'],
  });
  const superuser = superuserUrl({ ...address, database: DATABASE.airflow });
  const reader = CONSUMERS['dashboards-airflow'];
  await ask(superuser, `grant connect on database ${DATABASE.airflow} to ${reader}`);
  await ask(superuser, `grant select on ${AIRFLOW_TABLES.join(', ')} to ${reader}`);
}

const ask = (url: string, statement: string): Promise<QueryResult> =>
  withClient(url, (client) => client.query(statement));
