import { get, kubectl } from './cluster';
import { outcome } from '../../support/command';

interface PodWithContainers {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly status: {
    readonly initContainerStatuses?: readonly ContainerState[];
    readonly containerStatuses?: readonly ContainerState[];
  };
}

interface ContainerState {
  readonly name: string;
  readonly restartCount: number;
}

export interface ContainerLog {
  /** Pod and container. */
  readonly from: string;
  readonly text: string;
}

/** The log of every container, init containers included, and that of its run before where there was one. */
export async function containerLogs(): Promise<ContainerLog[]> {
  const { items } = await get<{ items: PodWithContainers[] }>(['pods']);
  const logs: ContainerLog[] = [];
  for (const { metadata, status } of items) {
    for (const { name, restartCount } of [
      ...(status.initContainerStatuses ?? []),
      ...(status.containerStatuses ?? []),
    ]) {
      const from = `${metadata.name}/${name}`;
      const flags = ['logs', metadata.name, `--container=${name}`];
      logs.push({ from, text: await kubectl(flags) });
      if (restartCount === 0) continue;
      const args = ['--namespace', metadata.namespace, ...flags, '--previous'];
      const { code, stdout, stderr } = await outcome('kubectl', args);
      if (code === 0) logs.push({ from: `${from}, before`, text: stdout });
      // The kubelet removes it when room is needed.
      else if (!stderr.includes('not found')) throw new Error(`no log of ${from} before its restart: ${stderr.trim()}`);
    }
  }
  return logs;
}

/** Names and certificates are known to everybody. */
const PUBLIC_KEYS = ['username', 'tls.crt', 'ca.crt'];

/** What must stay secret, by Secret and key: each line of a value, since a log has lines. */
export async function secretTexts(): Promise<Map<string, string[]>> {
  const { items } = await get<{
    items: { metadata: { name: string }; data?: Readonly<Record<string, string>> }[];
  }>(['secrets']);
  const values = items.flatMap(({ metadata, data = {} }) =>
    Object.entries(data)
      .filter(([key]) => !PUBLIC_KEYS.includes(key))
      .map(([key, value]): [string, string[]] => {
        const lines = Buffer.from(value, 'base64').toString().split('\n');
        return [`${metadata.name}/${key}`, lines.filter((line) => line !== '' && !line.startsWith('-----'))];
      }),
  );
  return new Map(values);
}

/** Which logs hold which values: as they are, or as they stand in a URL or in a Secret object. */
export function leaks(logs: readonly ContainerLog[], secrets: ReadonlyMap<string, readonly string[]>): string[] {
  const forms = (text: string): string[] => [
    ...new Set([text, encodeURIComponent(text), Buffer.from(text).toString('base64')]),
  ];
  return [...secrets].flatMap(([secret, lines]) => {
    const needles = lines.flatMap(forms);
    return logs
      .filter(({ text }) => needles.some((needle) => text.includes(needle)))
      .map(({ from }) => `${secret} in the log of ${from}`);
  });
}
