import { classOverview } from './educators/class';
import { cohortComparison } from './educators/cohort';
import { lessonEffectiveness } from './educators/lesson';
import { risk } from './educators/risk';
import { student } from './educators/student';
import type { DashboardFactory } from './lib/build';
import type { Dashboard } from './lib/model';
import { resolveSettings, type DashboardSettings } from './lib/settings';
import { airflow } from './operations/airflow';
import { errorsDashboard } from './operations/errors';
import { logsDashboard } from './operations/logs';
import { pipeline } from './operations/pipeline';
import { postgres } from './operations/postgres';
import { platformSlo } from './operations/slo';

/** Every dashboard, in the order in which people meet them. */
const FACTORIES: readonly DashboardFactory[] = [
  classOverview,
  lessonEffectiveness,
  student,
  risk,
  cohortComparison,
  platformSlo,
  postgres,
  pipeline,
  airflow,
  logsDashboard,
  errorsDashboard,
];

/** All dashboards with a site's settings. */
export function buildDashboards(settings?: Partial<DashboardSettings>): Dashboard[] {
  const resolved = resolveSettings(settings);
  return FACTORIES.map((factory) => factory(resolved));
}
