/** pgBackRest's settings for the two sides of a repository: the members of a cluster, and the host that keeps their backups. */

export const PGBACKREST_PORT = 8432;
/** Folder of the settings file; pgBackRest looks there by itself. */
export const PGBACKREST_DIRECTORY = '/etc/pgbackrest';
export const PGBACKREST_FILE = 'pgbackrest.conf';
/** Where each side's certificate is mounted: `tls.crt`, `tls.key`, `ca.crt`. */
export const PGBACKREST_TLS_DIRECTORY = '/etc/edtech/backup-tls';
/** Where the volume of the repository is mounted, and the folder in it that is the repository. */
export const REPOSITORY_VOLUME = '/backup';
export const REPOSITORY_PATH = `${REPOSITORY_VOLUME}/repository`;

type Options = readonly (readonly [string, string | number])[];

/** Sections with options; the order is kept. */
function text(sections: Readonly<Record<string, Options>>): string {
  return Object.entries(sections)
    .map(([section, options]) => [`[${section}]`, ...options.map(([key, value]) => `${key}=${value}`), ''].join('\n'))
    .join('\n');
}

const tls = (prefix: string): Options =>
  (['ca-file=ca.crt', 'cert-file=tls.crt', 'key-file=tls.key'] as const).map((pair) => {
    const [option, file] = pair.split('=');
    return [`${prefix}-${option}`, `${PGBACKREST_TLS_DIRECTORY}/${file}`];
  });

/** @param client common name of the only client that is let in */
const server = (stanza: string, client: string): Options => [
  ['tls-server-address', '*'],
  ['tls-server-port', PGBACKREST_PORT],
  ...tls('tls-server'),
  ['tls-server-auth', `${client}=${stanza}`],
];

const COMMON: Options = [
  // How long to try to connect: a member that is gone has no name, and each one is waited for.
  ['io-timeout', 5],
  ['compress-type', 'zst'],
  ['compress-level', 3],
  // Standard output is what is kept of a container.
  ['log-level-file', 'off'],
];

/**
 * Stores a WAL segment. Where the repository is away it fails after some seconds and the server keeps the segment and tries again:
 * there is nothing to fall back to, since what is not in the repository is not archived. Only the primary does.
 * The wrapper has a new primary archive what waits with the former one, and keeps Patroni from waiting for the repository with each segment. The setting reaches members before an image that has the
 * wrapper does: one that lacks it calls pgBackRest itself, or every such update would make a hole. pgBackRest makes no backup unless
 * its name is in the command.
 */
export const archiveCommand = (stanza: string): string =>
  `$(command -v edtech-push-wal) pgbackrest --stanza=${stanza} archive-push "%p"`;

/** Fetches a WAL segment or a timeline's history, unless the repository is known to be away: a standby must not wait for it. */
export const restoreCommand = (stanza: string): string => `edtech-fetch-wal ${stanza} %f "%p"`;

export interface MemberSettingsProps {
  readonly stanza: string;
  readonly dataDirectory: string;
  readonly socketDirectory: string;
  readonly repositoryHost: string;
  /** Common name of the repository host's certificate. */
  readonly repositoryCommonName: string;
}

/** Settings of a member: it archives to the repository host, and lets it read the data directory. */
export function memberSettings(props: MemberSettingsProps): string {
  return text({
    global: [
      ['repo1-host', props.repositoryHost],
      ['repo1-host-type', 'tls'],
      ['repo1-host-port', PGBACKREST_PORT],
      ...tls('repo1-host'),
      ...server(props.stanza, props.repositoryCommonName),
      ...COMMON,
      ['log-level-console', 'warn'],
      ['lock-path', '/tmp/pgbackrest'],
    ],
    // A repository whose node died does not answer any more: the segment is pushed again, to the one that took its place.
    'global:archive-push': [
      ['protocol-timeout', 20],
      ['db-timeout', 15],
    ],
    [props.stanza]: [
      ['pg1-path', props.dataDirectory],
      ['pg1-socket-path', props.socketDirectory],
    ],
  });
}

/** Settings of what restores beside the cluster, on a pod that mounts the repository's volume. It knows no member. */
export function scratchSettings(stanza: string, scratchDirectory: string, processes: number): string {
  return text({
    global: [
      ['repo1-path', REPOSITORY_PATH],
      ['repo1-cipher-type', 'aes-256-cbc'],
      ['process-max', processes],
      ...COMMON,
      ['log-level-console', 'warn'],
      // The repository is mounted for reading only.
      ['lock-path', `${scratchDirectory}/lock`],
    ],
    [stanza]: [['pg1-path', `${scratchDirectory}/data`]],
  });
}

export interface RepositorySettingsProps {
  readonly stanza: string;
  /** Hosts of all members; whichever is the primary is backed up. */
  readonly memberHosts: readonly string[];
  readonly dataDirectory: string;
  readonly socketDirectory: string;
  /** Common name of the members' certificate. */
  readonly memberCommonName: string;
  /** Any moment of so many days can be restored: the full backup before them is kept, and all WAL since. */
  readonly retentionDays: number;
  /** Processes that copy at a time. */
  readonly processes: number;
}

/** Settings of the repository host and of the jobs that mount its volume. The passphrase is a variable of their environment. */
export function repositorySettings(props: RepositorySettingsProps): string {
  return text({
    global: [
      ['repo1-path', REPOSITORY_PATH],
      ['repo1-cipher-type', 'aes-256-cbc'],
      ['repo1-retention-full-type', 'time'],
      ['repo1-retention-full', props.retentionDays],
      // Small files share one, and of large ones only changed blocks are stored again.
      ['repo1-bundle', 'y'],
      ['repo1-block', 'y'],
      ['start-fast', 'y'],
      ['process-max', props.processes],
      ...server(props.stanza, props.memberCommonName),
      ...COMMON,
      ['log-level-console', 'info'],
      // On the volume, where host and jobs see each other's.
      ['lock-path', `${REPOSITORY_VOLUME}/lock`],
    ],
    [props.stanza]: props.memberHosts.flatMap((host, index): Options => {
      const pg = `pg${index + 1}`;
      return [
        [`${pg}-host`, host],
        [`${pg}-host-type`, 'tls'],
        [`${pg}-host-port`, PGBACKREST_PORT],
        ...tls(`${pg}-host`),
        [`${pg}-path`, props.dataDirectory],
        [`${pg}-socket-path`, props.socketDirectory],
      ];
    }),
  });
}
