import { classOverview } from './educators/class';
import { cohortComparison } from './educators/cohort';
import { lessonEffectiveness } from './educators/lesson';
import { risk } from './educators/risk';
import { student } from './educators/student';
import type { DashboardFactory } from './lib/build';
import type { Dashboard } from './lib/model';
import { resolveSettings, type DashboardSettings } from './lib/settings';
import { airflow } from './operations/airflow';
import { logsDashboard } from './operations/logs';
import { pipeline } from './operations/pipeline';
import { postgres } from './operations/postgres';
import { platformSlo } from './operations/slo';

/** Every dashboard, by the file that it is rendered to (without `.json`). */
export const DASHBOARDS: Readonly<Record<string, DashboardFactory>> = {
  'educators/class': classOverview,
  'educators/lesson': lessonEffectiveness,
  'educators/student': student,
  'educators/risk': risk,
  'educators/cohort': cohortComparison,
  'operations/slo': platformSlo,
  'operations/postgres': postgres,
  'operations/pipeline': pipeline,
  'operations/airflow': airflow,
  'operations/logs': logsDashboard,
};

/** All dashboards, in the order in which people meet them. */
export function buildDashboards(settings?: Partial<DashboardSettings>): Dashboard[] {
  const resolved = resolveSettings(settings);
  return Object.values(DASHBOARDS).map((factory) => factory(resolved));
}
