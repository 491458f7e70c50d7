import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { DASHBOARDS } from './index';
import { grafanaDashboard } from './lib/grafana/dashboard';
import { resolveSettings, type DashboardSettings } from './lib/settings';

/** JSON of every dashboard for Grafana's file provisioning, by file name relative to this folder. */
export function renderDashboards(settings?: Partial<DashboardSettings>): Record<string, string> {
  const resolved = resolveSettings(settings);
  return Object.fromEntries(
    Object.entries(DASHBOARDS).map(([file, factory]) => {
      const json = grafanaDashboard(factory(resolved), resolved);
      return [`${file}.json`, `${JSON.stringify(json, null, 2)}\n`];
    }),
  );
}

if (require.main === module) {
  for (const [file, text] of Object.entries(renderDashboards())) {
    writeFileSync(path.join(__dirname, file), text);
    process.stdout.write(`dashboards/${file}\n`);
  }
}
