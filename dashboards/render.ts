import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildDashboards } from './index';
import { grafanaDashboard } from './lib/grafana/dashboard';
import type { SourceName } from './lib/sources';
import { withSources } from './lib/with-sources';
import type { DashboardSettings } from './lib/settings';

/**
 * JSON of every dashboard for Grafana's file provisioning, by file relative to this folder: one folder per audience, the uid as
 * the name. Not the name of the source file: Node would import the JSON in its place.
 * @param isThere which data sources a site has; panels of others are left out. @default all
 */
export function renderDashboards(
  settings?: Partial<DashboardSettings>,
  isThere: (source: SourceName) => boolean = () => true,
): Record<string, string> {
  return Object.fromEntries(
    withSources(buildDashboards(settings), isThere).map((dashboard) => [
      `${dashboard.audience}/${dashboard.uid}.json`,
      `${JSON.stringify(grafanaDashboard(dashboard), null, 2)}\n`,
    ]),
  );
}

if (require.main === module) {
  for (const [file, text] of Object.entries(renderDashboards())) {
    writeFileSync(path.join(__dirname, file), text);
    process.stdout.write(`dashboards/${file}\n`);
  }
}
