import { STANZA, WORKLOAD } from '../../../src/names';
import { REPOSITORY_PATH } from '../../../src/constructs/pgbackrest-settings';
import { inPod } from '../support/cluster';

const HOST = `${WORKLOAD.backupRepository}-0`;

const shell = async (script: string): Promise<string> =>
  (await inPod(HOST, 'repository', ['bash', '-ec', script])).trim();

/** Halves a file of the repository, and puts it right again. */
async function halved<T>(find: string, work: (file: string) => Promise<T>): Promise<T> {
  const file = await shell(find);
  if (file === '') throw new Error(`no file: ${find}`);
  await shell(`cp -p '${file}' /backup/lock/kept; truncate -s $(( $(stat -c %s '${file}') / 2 )) '${file}'`);
  try {
    return await work(file);
  } finally {
    await shell(`mv /backup/lock/kept '${file}'`);
  }
}

/** While an archived WAL segment is truncated: one in the middle of what the newest backup needs. */
export const withTruncatedSegment = <T>(afterSegment: string, work: (file: string) => Promise<T>): Promise<T> =>
  halved(
    `cd ${REPOSITORY_PATH}/archive/${STANZA}; find "$PWD" -regex '.*/[0-9A-F]+-[0-9a-f]+\\.zst' | sort -t/ -k 8 | awk -F/ -v s=${afterSegment} 'substr($NF, 1, 24) > s' | sed -n 2p`,
    work,
  );

/** While the folder of a backup is not there. */
export async function withoutBackup<T>(label: string, work: () => Promise<T>): Promise<T> {
  const folder = `${REPOSITORY_PATH}/backup/${STANZA}/${label}`;
  await shell(`mv '${folder}' /backup/lock/kept-${label}`);
  try {
    return await work();
  } finally {
    await shell(`mv /backup/lock/kept-${label} '${folder}'`);
  }
}
