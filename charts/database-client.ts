import type { EnvValue } from '../src/constructs/container';
import { secretValue, type SecretRef } from '../src/constructs/secret-ref';
import type { ServiceEndpoint } from '../src/constructs/service';
import { secretVolume, type Mount } from '../src/constructs/volumes';

const CA_DIRECTORY = '/etc/edtech/ca';
export const CA_FILE = `${CA_DIRECTORY}/ca.crt`;

/** The internal CA's certificate, at the same place in every container that needs it. */
export const caMount = (ca: SecretRef): Mount => ({
  path: CA_DIRECTORY,
  volume: secretVolume('ca', ca),
  readOnly: true,
});

export interface DatabaseClientProps {
  readonly endpoint: ServiceEndpoint;
  readonly database: string;
  /** `username` and `password`. */
  readonly login: SecretRef;
}

/** Of a simulator command that has time: a slow answer is no reason to begin again, as it is for a live replica. */
export const PATIENT = { DATABASE_CONNECT_TIMEOUT_MS: '15000', DATABASE_QUERY_TIMEOUT_MS: '600000' } as const;

/** Connection of a simulator command; the variables are those of simulator/src/config.ts. */
export function simulatorConnection(props: DatabaseClientProps): Record<string, EnvValue> {
  return {
    DATABASE_HOST: props.endpoint.nearHost,
    DATABASE_PORT: `${props.endpoint.port}`,
    DATABASE_NAME: props.database,
    DATABASE_USER: secretValue(props.login, 'username'),
    DATABASE_PASSWORD: secretValue(props.login, 'password'),
    DATABASE_CA_FILE: CA_FILE,
  };
}

/** Connection of a program that uses libpq, such as psql; the variables are libpq's. */
export function libpqVariables(props: DatabaseClientProps): Record<string, EnvValue> {
  return {
    PGHOST: props.endpoint.nearHost,
    PGPORT: `${props.endpoint.port}`,
    PGDATABASE: props.database,
    PGUSER: secretValue(props.login, 'username'),
    PGPASSWORD: secretValue(props.login, 'password'),
    PGSSLMODE: 'verify-full',
    PGSSLROOTCERT: CA_FILE,
  };
}

/**
 * Variables with a libpq URL under `name`. Kubernetes puts user and password in; passwords have URL-safe characters only.
 * @param scheme for example `postgresql+psycopg2`
 */
export function libpqUrl(
  name: string,
  scheme: string,
  props: DatabaseClientProps,
  parameters: Readonly<Record<string, string>> = {},
): Record<string, EnvValue> {
  const query = new URLSearchParams({
    sslmode: 'verify-full',
    sslrootcert: CA_FILE,
    connect_timeout: '3',
    ...parameters,
  });
  const prefix = `${name}_LOGIN`;
  return {
    [`${prefix}_USER`]: secretValue(props.login, 'username'),
    [`${prefix}_PASSWORD`]: secretValue(props.login, 'password'),
    [name]: `${scheme}://$(${prefix}_USER):$(${prefix}_PASSWORD)@${props.endpoint.nearHost}:${props.endpoint.port}/${props.database}?${query}`,
  };
}
