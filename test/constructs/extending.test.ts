import { readFileSync } from 'node:fs';
import path from 'node:path';
import { App } from 'cdk8s';
import { loadEnvironment } from '../../src/config/environments';
import { ROOT } from '../../src/root';
import { BookshelfChart } from './extending/bookshelf';
import type { KubeObject } from '../policy/support/objects';

const SOURCE = path.join(__dirname, 'extending/bookshelf.ts');

test('a component of one’s own takes fewer than 60 lines and comes with all that the rules ask for', () => {
  const chart = new BookshelfChart(new App(), loadEnvironment('development'));
  const kinds = (chart.toJson() as KubeObject[]).map(({ kind }) => kind).sort();
  expect(kinds).toEqual([
    'ConfigMap',
    'Deployment',
    'NetworkPolicy',
    'PodDisruptionBudget',
    'Service',
    'ServiceAccount',
  ]);
  expect(readFileSync(SOURCE, 'utf8').split('\n').length).toBeLessThan(60);
});

test('the walk-through in the documentation is the tested source', () => {
  const page = readFileSync(path.join(ROOT, 'docs/extending.md'), 'utf8');
  const code = readFileSync(SOURCE, 'utf8').replaceAll('../../../', '../');
  expect(page).toContain(code.trim());
});
