import path from 'node:path';
import { AGENTS_NAMESPACE, NAMESPACE, WORKLOAD } from '../../../src/names';
import { claimOf } from '../../../src/constructs/stateful-service';
import { ROOT } from '../../../src/root';
import { kubectl } from '../support/cluster';
import { command } from '../../support/command';

const CLAIM = claimOf(WORKLOAD.backupRepository);

interface Claim {
  readonly spec: { readonly volumeName: string };
}

const patchVolume = (volume: string, value: object): Promise<string> =>
  kubectl(['patch', 'persistentvolume', volume, '--type=merge', `--patch=${JSON.stringify({ spec: value })}`]);

/** Deletes everything of the platform but the volume of the repository, which waits for a claim of the same name. */
export async function keepOnlyTheRepository(): Promise<void> {
  const { spec } = JSON.parse(await kubectl(['get', 'pvc', CLAIM, '--output=json'])) as Claim;
  await patchVolume(spec.volumeName, { persistentVolumeReclaimPolicy: 'Retain' });
  await kubectl(['delete', 'namespace', NAMESPACE, AGENTS_NAMESPACE], { timeoutSeconds: 300 });
  const left = await kubectl(['get', 'persistentvolumes', '--output=jsonpath={.items[*].metadata.name}']);
  console.log(`volumes that are left: ${left}`);
  // The claim of the new site is another object of the same name.
  await patchVolume(spec.volumeName, {
    claimRef: { name: CLAIM, namespace: NAMESPACE, uid: null, resourceVersion: null },
  });
}

/** Takes the secrets of one store to another, as between two checkouts: by an encrypted file. */
export async function carrySecrets(from: string, to: string, folder: string): Promise<void> {
  const file = path.join(folder, 'secrets.sealed');
  const secrets = (...args: string[]): Promise<string> =>
    command('env', [
      'EDTECH_EXPORT_PASSPHRASE=carried by hand to the second site',
      'node',
      '-r',
      `${ROOT}/local/register.js`,
      `${ROOT}/src/secrets/main.ts`,
      ...args,
      '--env=development',
    ]);
  await secrets('export', `--out=${file}`, `--directory=${from}`);
  await secrets('import', `--in=${file}`, `--directory=${to}`);
}
