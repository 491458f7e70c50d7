import { WORKLOAD } from '../names';
import { kubectl, tryKubectl } from '../kubectl';
import { newestSegment, type StanzaInfo } from './reachable';

const POD = `${WORKLOAD.backupRepository}-0`;

const pgbackrest = (...args: string[]): Promise<string> =>
  kubectl(['exec', POD, '--', 'pgbackrest', '--log-level-console=error', ...args], { timeoutSeconds: 120 });

/** A stanza, and the identifiers of the databases that it has held: too long for a number of JavaScript. */
export interface Stanza {
  readonly info: StanzaInfo;
  readonly systemIdentifiers: readonly string[];
}

/** What the repository host says of its only stanza. @throws Error where it does not answer */
export async function readStanza(): Promise<Stanza> {
  const { code, stderr } = await tryKubectl(['exec', POD, '--', 'true']);
  if (code !== 0) throw new Error(`the repository host ${POD} does not answer: ${stderr.trim()}`);
  const text = await pgbackrest('--output=json', 'info');
  const [info] = JSON.parse(text) as StanzaInfo[];
  if (info === undefined) throw new Error(`the repository of ${POD} holds no stanza`);
  return { info, systemIdentifiers: [...text.matchAll(/"system-id":(\d+)/g)].map(([, digits]) => digits) };
}

interface Listed {
  readonly type: string;
  readonly time?: number;
}

/** When the newest segment came into the archive. */
export async function newestArchived(info: StanzaInfo): Promise<Date | undefined> {
  const newest = newestSegment(info);
  if (newest === undefined) return undefined;
  const folder = `archive/${info.name}/${newest.folder}`;
  const files = JSON.parse(await pgbackrest('--output=json', 'repo-ls', folder)) as Readonly<Record<string, Listed>>;
  const times = Object.entries(files).flatMap(([name, { type, time }]) =>
    type === 'file' && name.startsWith(newest.name) && time !== undefined ? [time] : [],
  );
  return times.length === 0 ? undefined : new Date(Math.max(...times) * 1000);
}
