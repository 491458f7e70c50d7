import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../../src/root';

const documents = execFileSync('git', ['ls-files', 'docs/*.md'], { cwd: ROOT, encoding: 'utf8' }).trim().split('\n');

/** Workloads that a block of commands scales to 0 and does not bring back: a plain apply is refused what was set by hand. */
export function leftAtNothing(block: string): string[] {
  const scaled = [...block.matchAll(/^kubectl .*\bscale (?:deployment|statefulset) (.+?) --replicas=(\d+)/gm)];
  const names = (back: boolean): string[] =>
    scaled.filter(([, , to]) => (to !== '0') === back).flatMap(([, list]) => list.split(' '));
  if (/^kubectl apply .*--force-conflicts/m.test(block)) return [];
  return names(false).filter((name) => !names(true).includes(name));
}

const blocksOf = (markdown: string): string[] =>
  [...markdown.matchAll(/^```\w*\n(.*?)^```/gms)].map(([, text]) => text);

test('commands that scale something to 0 bring it back', () => {
  const blocks = documents.flatMap((document) => blocksOf(readFileSync(path.join(ROOT, document), 'utf8')));
  expect(blocks.filter((block) => block.includes(' scale ')).length).toBeGreaterThan(1);
  expect(blocks.flatMap(leftAtNothing)).toEqual([]);
});

test('an apply that does not take the number back is no return', () => {
  const scale = (to: number): string => `kubectl -n edtech scale deployment a b --replicas=${to}\n`;
  expect(leftAtNothing(`${scale(0)}kubectl apply --server-side -f dist\n`)).toEqual(['a', 'b']);
  expect(leftAtNothing(`${scale(0)}kubectl apply --server-side --force-conflicts -f dist\n`)).toEqual([]);
  expect(leftAtNothing(`${scale(0)}${scale(1)}`)).toEqual([]);
});
