import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const PROJECT = path.resolve(__dirname, '../..');

/** Relative link targets of a Markdown text, without anchors. */
export function linkTargets(markdown: string): string[] {
  return [...markdown.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target.split('#')[0])
    .filter((target) => target !== '' && !/^[a-z]+:/.test(target));
}

const documents = execFileSync('git', ['ls-files', '*.md'], { cwd: PROJECT, encoding: 'utf8' }).trim().split('\n');

describe('the documentation', () => {
  it.each(documents)('%s links only to files that exist', (document) => {
    const text = readFileSync(path.join(PROJECT, document), 'utf8');
    const missing = linkTargets(text).filter(
      (target) => !existsSync(path.resolve(PROJECT, path.dirname(document), target)),
    );
    expect(missing).toEqual([]);
  });

  it('would notice a missing file', () => {
    expect(linkTargets('see [a](docs/a.md#part), [b](https://example.org) and [c](#here)')).toEqual(['docs/a.md']);
  });
});
