import { createCa, issue, type KeyPair } from '../../src/secrets/certificates';
import { BACKUP_MEMBER, BACKUP_REPOSITORY } from '../../src/secrets/catalogue';
import {
  archiveCommand,
  memberSettings,
  PGBACKREST_DIRECTORY,
  PGBACKREST_FILE,
  PGBACKREST_TLS_DIRECTORY,
  repositorySettings,
  scratchSettings,
  REPOSITORY_VOLUME,
} from '../../src/constructs/pgbackrest-settings';
import { DATA_DIRECTORY, SOCKET_DIRECTORY } from '../../src/constructs/postgres-cluster';
import { WAL_KEPT } from '../../src/constructs/postgres-settings';
import { resolveImages } from '../../src/images';
import { STANZA } from '../../src/names';
import { command, outcome, type Outcome } from '../support/command';
import { CHECK_LABEL } from '../support/containers';

const IMAGE = resolveImages('').postgres.reference;
const PASSPHRASE = 'only-for-this-test';
const SCRATCH = '/scratch';
const ARCHIVE = archiveCommand(STANZA);
const LABEL = `--label=${CHECK_LABEL}`;
const TO_END = ['run', '--rm', LABEL];

const docker = (args: readonly string[], input?: string): Promise<string> =>
  command('docker', args, { input, timeoutSeconds: 120 });

/** A database server with pgBackRest's server beside it, and a repository host, in a network of their own. */
export class Site {
  private readonly made = { containers: [] as string[], volumes: [] as string[] };
  private ca!: KeyPair;

  private constructor(private readonly name: string) {}

  static async open(): Promise<Site> {
    const site = new Site(`edtech-backup-test-${process.pid}`);
    await docker(['network', 'create', LABEL, site.name]);
    site.ca = await createCa('test', new Date());
    await site.settings('member', BACKUP_MEMBER, 'database', memberSettings(MEMBER));
    await site.volume('drill-settings', { [PGBACKREST_FILE]: scratchSettings(STANZA, SCRATCH, 1) });
    await site.settings('repository', BACKUP_REPOSITORY, 'repository', repositorySettings(REPOSITORY));
    return site;
  }

  async close(): Promise<void> {
    const { containers, volumes } = this.made;
    if (containers.length > 0) await docker(['rm', '--force', ...containers]);
    if (volumes.length > 0) await docker(['volume', 'rm', '--force', ...volumes]);
    await docker(['network', 'rm', this.name]);
  }

  private full = (name: string): string => `${this.name}-${name}`;

  /** A volume that belongs to the image's account, with files in it. */
  async volume(name: string, files: Readonly<Record<string, string>> = {}): Promise<void> {
    const volume = this.full(name);
    await docker(['volume', 'create', LABEL, volume]);
    this.made.volumes.push(volume);
    const as = [...TO_END, '--interactive', '--user=0', `--volume=${volume}:/to`, IMAGE, 'bash', '-c'];
    for (const [file, text] of Object.entries(files)) {
      await docker([...as, `cat > /to/${file} && chmod 0400 /to/${file}`], text);
    }
    await docker([...as, 'chown -R 999:999 /to']);
  }

  /** A volume that belongs to root. */
  async foreignVolume(name: string): Promise<void> {
    await docker(['volume', 'create', LABEL, this.full(name)]);
    this.made.volumes.push(this.full(name));
  }

  /** A volume in memory that belongs to the image's account and can be full. */
  async smallVolume(name: string, mebibytes: number): Promise<void> {
    const volume = this.full(name);
    const options = ['type=tmpfs', 'device=tmpfs', `o=size=${mebibytes}m,uid=999,gid=999,mode=0750`];
    await docker(['volume', 'create', LABEL, ...options.map((option) => `--opt=${option}`), volume]);
    this.made.volumes.push(volume);
    // Without a container that uses it, it would be gone.
    await this.start(`${name}-keeper`, [`--volume=${volume}:/kept`], ['sleep', '3600']);
  }

  /** Certificate and settings of one side, in the volumes `<side>-tls` and `<side>-settings`. */
  async settings(side: string, commonName: string, host: string, text: string): Promise<void> {
    const leaf = await issue(this.ca, { commonName, usage: 'peer', hosts: [host] }, new Date());
    const certificate = { 'tls.crt': leaf.certificate, 'tls.key': leaf.key, 'ca.crt': this.ca.certificate };
    await this.volume(`${side}-tls`, certificate);
    await this.volume(`${side}-settings`, { [PGBACKREST_FILE]: text });
  }

  private mounts(side: string, volumes: Readonly<Record<string, string>>): string[] {
    const all = { [PGBACKREST_DIRECTORY]: `${side}-settings`, [PGBACKREST_TLS_DIRECTORY]: `${side}-tls`, ...volumes };
    return Object.entries(all).map(([path, volume]) => `--volume=${this.full(volume)}:${path}`);
  }

  private async start(name: string, options: readonly string[], args: readonly string[]): Promise<void> {
    this.made.containers.push(this.full(name));
    await docker(['run', '--detach', LABEL, `--name=${this.full(name)}`, ...options, IMAGE, ...args]);
  }

  /** A new server. Its volumes are `<name>-data` and `<name>-socket`. */
  async database(name: string): Promise<void> {
    const access = `printf 'host %s all all trust\\n' all replication >> ${DATA_DIRECTORY}/pg_hba.conf`;
    await this.serve(name, `initdb --pgdata=${DATA_DIRECTORY} --auth=trust >/dev/null && ${access}`);
    await this.backupServer(name);
  }

  /** A server that begins with what a request asks for, by the bootstrap method of a member. */
  async restored(name: string, request: Readonly<Record<string, string>>): Promise<void> {
    await this.bootstrapped(name, request);
    await this.backupServer(name);
  }

  /** The same without pgBackRest's server beside it, for one that does not come up. */
  bootstrapped(name: string, request: Readonly<Record<string, string>>): Promise<void> {
    const files = Object.entries(request).map(([key, value]) => `printf %s '${value}' > /tmp/request/${key}`);
    const bootstrap = `RESTORE_REQUEST_DIRECTORY=/tmp/request python3 -m backup bootstrap`;
    const options = `--scope=test --datadir=${DATA_DIRECTORY} --stanza=${STANZA} --initdb=`;
    return this.serve(name, ['mkdir /tmp/request', ...files, `${bootstrap} ${options}`].join(' && '));
  }

  /** A standby of a server, which pgBackRest's host does not know. */
  standby(name: string, of: string): Promise<void> {
    const copy = `pg_basebackup --host=${this.full(of)} --username=postgres --pgdata=${DATA_DIRECTORY} --write-recovery-conf`;
    return this.serve(name, `${copy} --checkpoint=fast`, name);
  }

  /** A standby follows another server from now on. */
  async follow(standby: string, primary: string): Promise<void> {
    const to = `host=${this.full(primary)} user=postgres`;
    await this.sql(standby, `alter system set primary_conninfo = '${to}'; select pg_reload_conf()`);
  }

  private async serve(name: string, prepare: string, alias = 'database'): Promise<void> {
    await this.volume(`${name}-data`);
    await this.volume(`${name}-socket`);
    const settings = { listen_addresses: '*', archive_mode: 'on', archive_command: ARCHIVE, wal_keep_size: WAL_KEPT };
    const options = Object.entries(settings).map(([key, value]) => `-c ${key}='${value}'`);
    const run = `${prepare} && exec postgres -D ${DATA_DIRECTORY} ${options.join(' ')}`;
    const network = [`--network=${this.name}`, `--network-alias=${alias}`];
    await this.start(name, [...network, ...this.memberMounts(name)], ['bash', '-c', run]);
  }

  private memberMounts = (name: string): string[] =>
    this.mounts('member', { '/pgdata': `${name}-data`, [SOCKET_DIRECTORY]: `${name}-socket` });

  private async backupServer(name: string): Promise<void> {
    const beside = [`--network=container:${this.full(name)}`, ...this.memberMounts(name)];
    await this.start(`${name}-server`, beside, ['pgbackrest', 'server']);
  }

  async endDatabase(name: string): Promise<void> {
    await docker(['rm', '--force', this.full(`${name}-server`), this.full(name)]);
  }

  stop = (name: string): Promise<string> => docker(['stop', '--time=5', this.full(name)]);
  resume = (name: string): Promise<string> => docker(['start', this.full(name)]);

  private repositoryOptions(volume: string): string[] {
    const variables = { STANZA, BACKUP_VOLUME: REPOSITORY_VOLUME, PGBACKREST_REPO1_CIPHER_PASS: PASSPHRASE };
    return [
      `--network=${this.name}`,
      ...this.mounts('repository', { [REPOSITORY_VOLUME]: volume }),
      ...Object.entries(variables).map(([key, value]) => `--env=${key}=${value}`),
    ];
  }

  /** The repository host. */
  async repository(name: string, volume: string): Promise<void> {
    const options = [...this.repositoryOptions(volume), '--network-alias=repository'];
    await this.start(name, options, ['python3', '-m', 'backup', 'serve']);
  }

  /**
   * A command of the package in a container of its own with the repository's volume, as a job runs it.
   * @param variables of its environment besides
   */
  job(volume: string, args: readonly string[], variables: Readonly<Record<string, string>> = {}): Promise<Outcome> {
    const login = { PGHOST: 'database', PGDATABASE: 'postgres', PGUSER: 'edtech_backup_a', ...variables };
    const options = Object.entries(login).map(([key, value]) => `--env=${key}=${value}`);
    const all = [...TO_END, ...this.repositoryOptions(volume), ...options, IMAGE, 'python3', '-m', 'backup', ...args];
    return outcome('docker', all, { timeoutSeconds: 120 });
  }

  /** A step of a restore drill, with the repository for reading only and its scratch space. @param detached for what keeps running */
  async drillStep(
    step: 'restore' | 'server' | 'record',
    volumes: { readonly repository: string; readonly scratch: string },
    passphrase = PASSPHRASE,
  ): Promise<Outcome> {
    const variables = {
      STANZA,
      SCRATCH_DIRECTORY: SCRATCH,
      PGBACKREST_REPO1_CIPHER_PASS: passphrase,
      PGHOST: 'database',
      PGDATABASE: 'postgres',
      PGUSER: 'edtech_backup_a',
    };
    const options = [
      `--network=${this.name}`,
      `--volume=${this.full(volumes.repository)}:${REPOSITORY_VOLUME}:ro`,
      `--volume=${this.full('drill-settings')}:${PGBACKREST_DIRECTORY}:ro`,
      `--volume=${this.full(volumes.scratch)}:${SCRATCH}`,
      ...Object.entries(variables).map(([key, value]) => `--env=${key}=${value}`),
    ];
    const program = ['python3', '-m', 'backup', `drill-${step}`];
    if (step !== 'server')
      return outcome('docker', [...TO_END, ...options, IMAGE, ...program], { timeoutSeconds: 120 });
    await this.start(volumes.scratch, options, program);
    return { code: 0, stdout: '', stderr: '' };
  }

  /** A shell command with the member's settings, but the certificate of the side `stranger`. */
  asStranger(script: string): Promise<Outcome> {
    const mounts = {
      [PGBACKREST_DIRECTORY]: 'member-settings',
      [PGBACKREST_TLS_DIRECTORY]: 'stranger-tls',
      '/pgdata': 'database-data',
    };
    const volumes = Object.entries(mounts).map(([at, volume]) => `--volume=${this.full(volume)}:${at}`);
    const all = [...TO_END, `--network=${this.name}`, ...volumes, IMAGE, 'bash', '-c', script];
    return outcome('docker', all, { timeoutSeconds: 60 });
  }

  restart = (name: string): Promise<string> => docker(['restart', '--time=5', this.full(name)]);

  /** Runs a shell command in a container. */
  inside = (name: string, script: string, input?: string): Promise<Outcome> =>
    outcome('docker', ['exec', '--interactive', this.full(name), 'bash', '-c', script], { input, timeoutSeconds: 120 });

  async sql(name: string, text: string): Promise<string> {
    const { code, stdout, stderr } = await this.inside(name, 'psql -XqAt -v ON_ERROR_STOP=1', text);
    if (code !== 0) throw new Error(stderr);
    return stdout.trim();
  }

  logs = async (name: string): Promise<string> => {
    const { stdout, stderr } = await outcome('docker', ['logs', this.full(name)]);
    return stdout + stderr;
  };
}

export const MEMBER = {
  stanza: STANZA,
  dataDirectory: DATA_DIRECTORY,
  socketDirectory: SOCKET_DIRECTORY,
  repositoryHost: 'repository',
  repositoryCommonName: BACKUP_REPOSITORY,
};
export const REPOSITORY = {
  stanza: STANZA,
  memberHosts: ['database'],
  dataDirectory: DATA_DIRECTORY,
  socketDirectory: SOCKET_DIRECTORY,
  memberCommonName: BACKUP_MEMBER,
  retentionDays: 7,
  processes: 1,
};
