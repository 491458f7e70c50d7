import { leftovers, type LiveObject } from '../../src/cluster/leftovers';

const labels = (name: string) => ({ 'app.kubernetes.io/managed-by': 'cdk8s', 'app.kubernetes.io/name': name });

function object(
  kind: string,
  name: string,
  more: Partial<LiveObject> & { readonly workload?: string; readonly age?: number } = {},
): LiveObject {
  const { workload = name, age = 0, ...rest } = more;
  const creationTimestamp = new Date(Date.UTC(2026, 0, 10 - age)).toISOString();
  return { kind, metadata: { name, creationTimestamp, labels: labels(workload) }, ...rest };
}

const namesOf = (objects: LiveObject[]): string[] => leftovers(objects).map(({ metadata }) => metadata.name);
const uses = (name: string): unknown => ({ template: { spec: { volumes: [{ configMap: { name } }] } } });

test('a hashed ConfigMap that no workload names is left over, one that is kept for a roll-back is not', () => {
  const objects = [
    object('ConfigMap', 'config-aaaaaaaaaa'),
    object('ConfigMap', 'config-bbbbbbbbbb'),
    object('ConfigMap', 'config-cccccccccc'),
    object('Deployment', 'web', { spec: uses('config-cccccccccc') }),
    object('ReplicaSet', 'web-1', { spec: uses('config-bbbbbbbbbb') }),
  ];
  expect(namesOf(objects)).toEqual(['config-aaaaaaaaaa']);
});

test('a Secret of an earlier revision is left over once no pod has it', () => {
  const env = (name: string) => ({ containers: [{ env: [{ valueFrom: { secretKeyRef: { name } } }] }] });
  const secrets = [object('Secret', 'login-r1'), object('Secret', 'login-r2')];
  const now = object('Pod', 'web-2', { spec: env('login-r2'), status: { phase: 'Running' } });
  const before = object('Pod', 'web-1', { spec: env('login-r1'), status: { phase: 'Running' } });
  expect(namesOf([...secrets, now, before])).toEqual([]);
  expect(namesOf([...secrets, now, { ...before, status: { phase: 'Succeeded' } }])).toEqual(['login-r1']);
});

test('what an earlier template of a StatefulSet names is left over once the StatefulSet is gone', () => {
  const owner = object('StatefulSet', 'db', { spec: uses('config-cccccccccc') });
  const earlier = object('ControllerRevision', 'db-7c9d8f6b5a', {
    workload: 'db',
    data: { spec: uses('config-bbbbbbbbbb') },
  });
  const objects = [
    ...['aaaaaaaaaa', 'bbbbbbbbbb', 'cccccccccc'].map((hash) => object('ConfigMap', `config-${hash}`)),
    { ...owner, metadata: { ...owner.metadata, uid: 'of-db' } },
    { ...earlier, metadata: { ...earlier.metadata, ownerReferences: [{ uid: 'of-db' }] } },
  ];
  expect(namesOf(objects)).toEqual(['config-aaaaaaaaaa']);
  expect(namesOf(objects.filter(({ kind }) => kind !== 'StatefulSet'))).toEqual([
    'config-aaaaaaaaaa',
    'config-bbbbbbbbbb',
    'config-cccccccccc',
  ]);
});

test('what a ConfigMap or Secret holds names nothing', () => {
  const holder = object('ConfigMap', 'edtech-notes', { data: { text: 'config-aaaaaaaaaa' } });
  expect(namesOf([holder, object('ConfigMap', 'config-aaaaaaaaaa')])).toEqual(['config-aaaaaaaaaa']);
});

test('of finished Jobs the newest stays, with what it names', () => {
  const job = (hash: string, age: number, succeeded: number) =>
    object('Job', `migrate-${hash}`, { workload: 'migrate', age, status: { succeeded }, spec: uses(`sql-${hash}`) });
  const hashes = ['aaaaaaaaaa', 'bbbbbbbbbb', 'cccccccccc'];
  const maps = hashes.map((hash) => object('ConfigMap', `sql-${hash}`));
  const jobs = [job('aaaaaaaaaa', 3, 1), job('bbbbbbbbbb', 2, 0), job('cccccccccc', 1, 1)];
  expect(namesOf([...maps, ...jobs])).toEqual(['migrate-aaaaaaaaaa', 'sql-aaaaaaaaaa']);
});

test('after a roll-back the finished Job of the release that runs stays as well, with what it names', () => {
  const template = (image: string, name: string) => ({
    template: { spec: { containers: [{ image }], volumes: [{ configMap: { name } }] } },
  });
  const job = (hash: string, age: number, image: string) =>
    object('Job', `migrate-${hash}`, {
      workload: 'migrate',
      age,
      status: { succeeded: 1 },
      spec: template(image, `sql-${hash}`),
    });
  const objects = [
    ...['aaaaaaaaaa', 'bbbbbbbbbb', 'cccccccccc', 'dddddddddd'].map((hash) => object('ConfigMap', `sql-${hash}`)),
    job('aaaaaaaaaa', 4, 'app:1'),
    job('bbbbbbbbbb', 3, 'app:2'),
    job('cccccccccc', 2, 'app:2'),
    job('dddddddddd', 1, 'app:3'),
    object('ReplicaSet', 'web-1', { spec: template('app:1', 'sql-dddddddddd') }),
  ];
  const running = (image: string) => object('Deployment', 'web', { spec: template(image, 'sql-dddddddddd') });
  expect(namesOf([...objects, running('app:2')])).toEqual([
    'migrate-aaaaaaaaaa',
    'migrate-bbbbbbbbbb',
    'sql-aaaaaaaaaa',
    'sql-bbbbbbbbbb',
  ]);
  expect(namesOf([...objects, running('app:3')])).toEqual([
    'migrate-aaaaaaaaaa',
    'migrate-bbbbbbbbbb',
    'migrate-cccccccccc',
    'sql-aaaaaaaaaa',
    'sql-bbbbbbbbbb',
    'sql-cccccccccc',
  ]);
});

test('what has a fixed name, and what others made, is left alone', () => {
  const foreign: LiveObject = {
    ...object('ConfigMap', 'theirs-aaaaaaaaaa'),
    metadata: { name: 'theirs-aaaaaaaaaa', creationTimestamp: '' },
  };
  expect(namesOf([object('ConfigMap', 'edtech-dags'), foreign])).toEqual([]);
});
