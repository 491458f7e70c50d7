import path from 'node:path';
import { WORKLOAD } from '../../../src/names';
import { get, kubectl } from '../support/cluster';
import { untilWhole } from '../support/members';
import { applyFile, type Variant } from '../support/platform';
import { record } from '../support/record';
import { SuiteFolder } from '../support/suite-folder';

const MEMBERS = 2;
const STATE = `${WORKLOAD.postgres}-config`;
const folder = new SuiteFolder('first-start');
let variant: Variant;

const apply = (file: string): Promise<string> => applyFile(path.join(variant.directory, `${file}.k8s.yaml`));

beforeAll(async () => {
  variant = await folder.render('development', undefined);
  await apply('00-platform');
  await apply('05-secrets');
});

afterAll(async () => {
  await folder.remove();
});

test('a database begins where a member has taken the right to make it and does not know', async () => {
  // What a request of Patroni leaves that timed out and was carried out.
  const labels = {
    'cluster-name': WORKLOAD.postgres,
    'app.kubernetes.io/name': WORKLOAD.postgres,
    'app.kubernetes.io/instance': 'development',
  };
  await kubectl(['create', 'configmap', STATE]);
  await kubectl(['label', 'configmap', STATE, ...Object.entries(labels).map(([name, value]) => `${name}=${value}`)]);
  await kubectl(['annotate', 'configmap', STATE, 'initialize=']);

  const begun = Date.now();
  await apply('10-postgres');
  await apply('15-postgres-backup');
  await untilWhole(MEMBERS, 300);
  const seconds = Math.round((Date.now() - begun) / 1000);

  const { metadata } = await get<{ metadata: { annotations: Readonly<Record<string, string>> } }>(['configmap', STATE]);
  expect(metadata.annotations.initialize).toMatch(/^\d+$/);
  const log = await kubectl(['logs', `deployment/${WORKLOAD.postgresReconciler}`]);
  expect(log.match(/the right to make the database was taken/g)).toHaveLength(1);
  record('first start, the right to make the database lost', { seconds });
});
