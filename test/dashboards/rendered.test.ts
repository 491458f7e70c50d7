import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { renderDashboards } from '../../dashboards/render';

const FOLDER = path.resolve(__dirname, '../../dashboards');

describe('the rendered dashboards', () => {
  const rendered = renderDashboards();

  it.each(Object.keys(rendered))('%s in the repository is what the sources render (npm run dashboards)', (file) => {
    expect(readFileSync(path.join(FOLDER, file), 'utf8')).toBe(rendered[file]);
  });

  it('has no JSON file that no source renders', () => {
    const found = ['educators', 'operations'].flatMap((folder) =>
      readdirSync(path.join(FOLDER, folder))
        .filter((file) => file.endsWith('.json'))
        .map((file) => `${folder}/${file}`),
    );
    expect(found.sort()).toEqual(Object.keys(rendered).sort());
  });

  it('is made of every factory that a source file exports', () => {
    const listed = /FACTORIES.*= \[([^\]]*)\]/s.exec(readFileSync(path.join(FOLDER, 'index.ts'), 'utf8'))![1];
    const exported = ['educators', 'operations'].flatMap((folder) =>
      readdirSync(path.join(FOLDER, folder))
        .filter((file) => file.endsWith('.ts'))
        .flatMap((file) => [
          ...readFileSync(path.join(FOLDER, folder, file), 'utf8').matchAll(
            /^export const (\w+): DashboardFactory\b/gm,
          ),
        ])
        .map(([, name]) => name),
    );
    expect(exported.sort()).toEqual([...listed.matchAll(/\w+/g)].map(([name]) => name).sort());
  });

  it('fits into a ConfigMap per folder (1 MiB)', () => {
    for (const folder of ['educators', 'operations']) {
      const bytes = Object.entries(rendered)
        .filter(([file]) => file.startsWith(folder))
        .reduce((sum, [, text]) => sum + Buffer.byteLength(text), 0);
      expect(bytes).toBeGreaterThan(10_000);
      expect(bytes).toBeLessThan(1024 * 1024);
    }
  });

  it('hides a group by the size that a site chooses, and only then differs', () => {
    const other = renderDashboards({ minimumGroup: 25 });
    const changed = Object.keys(rendered).filter((file) => rendered[file] !== other[file]);
    expect(changed.sort()).toEqual(['educators/edu-cohort.json', 'educators/edu-lesson.json']);
    expect(other['educators/edu-lesson.json']).toContain('fewer than 25');
  });

  it.each([1, 0, 2.5, Number.NaN])('refuses %p as the smallest group', (minimumGroup) => {
    expect(() => renderDashboards({ minimumGroup })).toThrow(/at least 2/);
  });
});
