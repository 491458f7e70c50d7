import { WORKLOAD } from '../names';
import { kubectl } from '../cluster/kubectl';
import { backupsOf, type Archive, type StanzaInfo } from './reachable';
import { historiesOf, timelinesOf } from './timelines';

const POD = `${WORKLOAD.backupRepository}-0`;
/** Weeks of segments on the export of a NAS are listed one by one. */
const PATIENCE = { timeoutSeconds: 300 };

/** Runs a command on the repository host. @returns its standard output */
export type OnHost = (...command: string[]) => Promise<string>;

const onHost: OnHost = (...command) => kubectl(['exec', POD, '--', ...command], PATIENCE);

/** What the repository host says of its only stanza. */
export interface Stanza {
  readonly archive: Archive;
  /** Why there is nothing to restore, where there is not. */
  readonly status: string;
  /** The identifiers of the databases that it has held: too long for a number of JavaScript. */
  readonly systemIdentifiers: readonly string[];
}

const PGBACKREST = ['pgbackrest', '--log-level-console=error'];
/** Each history, after a line with its name. */
const HISTORIES = `for file in "$@"; do echo "= \${file##*/}"; ${PGBACKREST.join(' ')} repo-get "$file" || exit; done`;

/** A file of the repository when it was written, by its path. */
async function filesOf(folder: string, host: OnHost): Promise<ReadonlyMap<string, Date>> {
  const text = await host(...PGBACKREST, '--output=json', 'repo-ls', '--recurse', folder);
  const listed = JSON.parse(text) as Readonly<Record<string, { type: string; time?: number }>>;
  const files = Object.entries(listed).filter(([, { type }]) => type === 'file');
  return new Map(files.map(([name, { time = 0 }]) => [name, new Date(time * 1000)]));
}

async function textsOf(folder: string, names: readonly string[], host: OnHost): Promise<ReadonlyMap<string, string>> {
  if (names.length === 0) return new Map();
  const said = await host('bash', '-c', HISTORIES, 'histories', ...names.map((name) => `${folder}/${name}`));
  return new Map(
    said
      .split(/^= /m)
      .slice(1)
      .map((text) => [text.slice(0, text.indexOf('\n')), text.slice(text.indexOf('\n') + 1)]),
  );
}

/** Backups and archive of the newest database that the stanza has held. @throws Error where the repository host does not answer */
export async function readStanza(host: OnHost = onHost): Promise<Stanza> {
  await host('true').catch((error: Error) => {
    throw new Error(`the repository host ${POD} does not answer: ${error.message}`);
  });
  const text = await host(...PGBACKREST, '--output=json', 'info');
  const [info] = JSON.parse(text) as StanzaInfo[];
  if (info === undefined) throw new Error(`the repository of ${POD} holds no stanza`);
  const newest = [...info.archive].sort((a, b) => a.database.id - b.database.id).at(-1);
  const folder = `archive/${info.name}/${newest?.id}`;
  const files = newest === undefined ? new Map<string, Date>() : await filesOf(folder, host);
  const timelines = timelinesOf(files, await textsOf(folder, historiesOf(files), host));
  const backups = backupsOf({
    ...info,
    backup: info.backup.filter(({ database }) => database.id === newest?.database.id),
  });
  return {
    archive: { backups, timelines },
    status: info.status.message,
    systemIdentifiers: [...text.matchAll(/"system-id":(\d+)/g)].map(([, digits]) => digits),
  };
}
