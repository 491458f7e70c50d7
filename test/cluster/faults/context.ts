import { cpus, totalmem } from 'node:os';
import { WORKLOAD } from '../../../src/names';
import { get, inPod, kubectl } from '../support/cluster';
import { sql, untilWhole } from '../support/members';
import type { Conditions, Report } from './report';
import { MEMBERS } from './round';

interface PodImages {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly containers: readonly { readonly name: string; readonly image: string }[] };
}

/** The image that all members run. @throws Error when they run different ones: figures would be of neither */
export function imageOfMembers(pods: readonly PodImages[]): string {
  const images = pods.map(({ metadata, spec }) => {
    const image = spec.containers.find(({ name }) => name === 'postgres')?.image;
    if (image === undefined) throw new Error(`${metadata.name} has no container postgres`);
    return { member: metadata.name, image };
  });
  if (new Set(images.map(({ image }) => image)).size !== 1)
    throw new Error(
      `the members must run one image, they run ${images.map(({ member, image }) => `${member} ${image}`).join(', ') || 'none'}`,
    );
  return images[0].image;
}

/** What rounds are about to be played on, as it runs: an installed platform need not be that of the checkout. */
export async function context(): Promise<
  { about: Omit<Report, 'rounds'> } & Pick<Conditions, 'machine' | 'image' | 'loopSeconds'>
> {
  const { primary } = await untilWhole(MEMBERS, 120);
  const shown = ['wal_sender_timeout', 'wal_receiver_timeout', 'synchronous_standby_names'];
  const settings = await Promise.all(shown.map(async (name) => [name, (await sql(primary.name, `show ${name};`))[0]]));
  const { metadata } = await get<{ metadata: { annotations: { config: string } } }>([
    'configmap',
    `${WORKLOAD.postgres}-config`,
  ]);
  const dynamic = JSON.parse(metadata.annotations.config) as Record<string, unknown> & {
    readonly loop_wait: number;
    readonly postgresql: { readonly parameters: Readonly<Record<string, string>> };
  };
  const { ttl, loop_wait, retry_timeout, synchronous_mode } = dynamic;
  // The server shows the value of the session's own socket, which is none of TCP here.
  const { tcp_user_timeout } = dynamic.postgresql.parameters;
  const patroni = await inPod(primary.name, 'postgres', ['patroni', '--version']);
  const server = JSON.parse(await kubectl(['version', '--output=json'])) as { serverVersion: { gitVersion: string } };
  const { items } = await get<{ items: PodImages[] }>([
    'pods',
    '--selector',
    `app.kubernetes.io/name=${WORKLOAD.postgres}`,
  ]);
  const about = {
    measuredAt: new Date().toISOString(),
    versions: {
      Kubernetes: server.serverVersion.gitVersion,
      PostgreSQL: (await sql(primary.name, 'show server_version;'))[0],
      Patroni: patroni.trim().replace(/^\D*/, ''),
    },
    settings: { ttl, loop_wait, retry_timeout, synchronous_mode, tcp_user_timeout, ...Object.fromEntries(settings) },
  };
  const machine = `${cpus().length} cores ${cpus()[0].model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB`;
  return { about, machine, image: imageOfMembers(items), loopSeconds: loop_wait };
}
