import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../../src/root';

const DAGS = path.join(ROOT, 'dags');
const PAGE = readFileSync(path.join(ROOT, 'docs/operations/pipelines.md'), 'utf8');

test('every DAG is documented with its file', () => {
  const inFiles = readdirSync(DAGS)
    .filter((file) => file.endsWith('.py'))
    .flatMap((file) =>
      [...readFileSync(path.join(DAGS, file), 'utf8').matchAll(/\bdag_id="(\w+)"/g)].map(([, dag]) => [dag, file]),
    );
  const documented = [...PAGE.matchAll(/^\| `(\w+)` \| `(\w+\.py)` \|/gm)].map(([, dag, file]) => [dag, file]);
  expect(documented.sort()).toEqual(inFiles.sort());
});
