import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../../src/root';

/** Relative link targets of a Markdown text, without anchors. */
export function linkTargets(markdown: string): string[] {
  return [...markdown.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target.split('#')[0])
    .filter((target) => target !== '' && !/^[a-z]+:/.test(target));
}

/** Anchor that a heading gets on the pages of a forge. */
export const anchorOf = (heading: string): string =>
  heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_\- ]/gu, '')
    .replaceAll(' ', '-');

const anchorsIn = (markdown: string): string[] =>
  [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchorOf(heading.trim()));

/** Documents that links lead to from `start`, itself included. @param linksOf documents that one names */
export function reachable(start: string, linksOf: (document: string) => readonly string[]): Set<string> {
  const seen = new Set([start]);
  // A set is walked with what is added meanwhile.
  for (const document of seen) for (const next of linksOf(document)) seen.add(next);
  return seen;
}

const linked = (document: string): string[] =>
  linkTargets(readFileSync(path.join(ROOT, document), 'utf8'))
    .map((target) => path.posix.join(path.posix.dirname(document), target))
    .filter((target) => documents.includes(target));

const documents = execFileSync('git', ['ls-files', '*.md'], { cwd: ROOT, encoding: 'utf8' }).trim().split('\n');

describe('the documentation', () => {
  it.each(documents)('%s links only to files that exist', (document) => {
    const text = readFileSync(path.join(ROOT, document), 'utf8');
    const missing = linkTargets(text).filter(
      (target) => !existsSync(path.resolve(ROOT, path.dirname(document), target)),
    );
    expect(missing).toEqual([]);
  });

  it.each(documents)('%s links only to headings that exist', (document) => {
    const text = readFileSync(path.join(ROOT, document), 'utf8');
    const links = [...text.matchAll(/\]\(([^)\s#:]*)#([^)\s]+)\)/g)].map(([link, file, anchor]) => ({
      link,
      file,
      anchor,
    }));
    const missing = links.filter(({ file, anchor }) => {
      const target = file === '' ? document : path.posix.join(path.posix.dirname(document), file);
      return target.endsWith('.md') && !anchorsIn(readFileSync(path.join(ROOT, target), 'utf8')).includes(anchor);
    });
    expect(missing.map(({ link }) => link)).toEqual([]);
  });

  it('is all within reach from README.md', () => {
    const found = reachable('README.md', linked);
    expect(documents.filter((document) => document.startsWith('docs/') && !found.has(document))).toEqual([]);
  });

  it.each(['docs/decisions', 'docs/operations/runbooks'])('%s/README.md lists every page of its folder', (folder) => {
    const pages = documents.filter((document) => path.posix.dirname(document) === folder);
    const listed = linked(`${folder}/README.md`);
    expect(pages.length).toBeGreaterThan(10);
    expect(pages.filter((page) => page !== `${folder}/README.md` && !listed.includes(page))).toEqual([]);
  });

  it('would notice a page that only unreachable pages name', () => {
    const links: Readonly<Record<string, string[]>> = { a: ['b'], b: ['a', 'c'], c: [], d: ['e'], e: ['d', 'a'] };
    expect([...reachable('a', (document) => links[document])]).toEqual(['a', 'b', 'c']);
  });

  it('would notice a missing heading', () => {
    expect(anchorsIn('# A `b`, c\n## [Zwölf](d.md) – e_f')).toEqual(['a-b-c', 'zwölf--e_f']);
  });

  it('would notice a missing file', () => {
    expect(linkTargets('see [a](docs/a.md#part), [b](https://example.org) and [c](#here)')).toEqual(['docs/a.md']);
  });
});
