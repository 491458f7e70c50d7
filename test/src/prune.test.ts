import { ScriptedCluster } from '../support/scripted-cluster';

const items = (...names: string[]): string =>
  JSON.stringify({
    items: names.map((name) => ({
      kind: 'ConfigMap',
      metadata: { name, labels: { 'app.kubernetes.io/managed-by': 'cdk8s' } },
    })),
  });

test('earlier templates of workloads are asked for: what they name is kept for a roll-back', async () => {
  const objects = [
    { kind: 'StatefulSet', metadata: { name: 'db', uid: 'of-db' } },
    {
      kind: 'ControllerRevision',
      metadata: {
        name: 'db-0a1b2c3d4e',
        labels: { 'app.kubernetes.io/managed-by': 'cdk8s' },
        ownerReferences: [{ uid: 'of-db' }],
      },
      data: { spec: { template: { volumes: [{ configMap: { name: 'db-0a1b2c3d4f' } }] } } },
    },
    ...(JSON.parse(items('db-0a1b2c3d4f', 'db-0a1b2c3d4a')) as { items: object[] }).items,
  ] as { kind: string }[];
  const cluster = await ScriptedCluster.open((call) => {
    if (call.startsWith('--namespace edtech-node-agents ')) return JSON.stringify({ items: [] });
    const kinds = /get (\S+)/.exec(call)?.[1].split(',') ?? [];
    return JSON.stringify({ items: objects.filter(({ kind }) => kinds.includes(`${kind.toLowerCase()}s`)) });
  });
  try {
    expect(await cluster.run('src/cluster/prune.ts')).toMatchObject({
      stdout: 'configmap/db-0a1b2c3d4a\n--yes deletes them\n',
    });
  } finally {
    await cluster.close();
  }
});

test('what is left over is deleted where it is: in the namespace of the platform and in that of the agents', async () => {
  const cluster = await ScriptedCluster.open((call) => {
    if (!call.includes('get ')) return '';
    return call.startsWith('--namespace edtech-node-agents ')
      ? items('agents-0a1b2c3d4e')
      : items('db-0a1b2c3d4e', 'db');
  });
  try {
    expect(await cluster.run('src/cluster/prune.ts')).toMatchObject({
      code: 0,
      stdout: 'configmap/db-0a1b2c3d4e\nconfigmap/agents-0a1b2c3d4e\n--yes deletes them\n',
    });
    expect(cluster.calls.filter((call) => call.includes('delete'))).toEqual([]);
    expect(await cluster.run('src/cluster/prune.ts', '--yes')).toMatchObject({ code: 0 });
    expect(cluster.calls.filter((call) => call.includes('delete'))).toEqual([
      'delete configmap/db-0a1b2c3d4e',
      '--namespace edtech-node-agents delete configmap/agents-0a1b2c3d4e',
    ]);
  } finally {
    await cluster.close();
  }
});

test.each([
  ['there is one', 'scripted'],
  ['there is none, as within a pod', undefined],
])('what is deleted is deleted where it was found, whatever the context becomes meanwhile: %s', async (_, context) => {
  const cluster = await ScriptedCluster.open((call) => {
    cluster.currentContext = 'another';
    return call.includes('get ') ? items('db-0a1b2c3d4e') : '';
  });
  cluster.currentContext = context;
  try {
    expect(await cluster.run('src/cluster/prune.ts', '--yes')).toMatchObject({ code: 0 });
    expect(cluster.calls.filter((call) => call.includes('delete'))).toHaveLength(2);
    expect(new Set(cluster.contexts)).toEqual(new Set([context]));
  } finally {
    await cluster.close();
  }
});
