import { configMapData, type Manifest } from './manifests';

interface DynamicSettings {
  readonly postgresql: {
    readonly parameters: Readonly<Record<string, string | number>>;
    readonly pg_hba: readonly string[];
    readonly pg_ident: readonly string[];
  };
}

const DIRECTORY = '/etc/edtech/postgres';

/** Configuration of the server from Patroni's dynamic settings: the same parameters, the same access. */
export function serverFiles(manifests: readonly Manifest[]): Record<string, string> {
  const settings = configMapData(manifests, 'edtech-postgres-settings')['settings.json'];
  const { parameters, pg_hba, pg_ident } = (JSON.parse(settings) as { dynamic: DynamicSettings }).dynamic.postgresql;
  const own = {
    listen_addresses: '*',
    port: 5432,
    hba_file: `${DIRECTORY}/pg_hba.conf`,
    ident_file: `${DIRECTORY}/pg_ident.conf`,
    // There is no backup repository here, and WAL that cannot be archived is kept for ever.
    archive_mode: 'off',
    archive_command: '',
  };
  const lines = Object.entries({ ...parameters, ...own }).map(
    ([name, value]) => `${name} = '${String(value).replace(/'/g, "''")}'`,
  );
  return {
    'postgres/postgresql.conf': `${lines.join('\n')}\n`,
    'postgres/pg_hba.conf': `${pg_hba.join('\n')}\n`,
    'postgres/pg_ident.conf': `${pg_ident.join('\n')}\n`,
  };
}
