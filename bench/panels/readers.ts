import { buildDashboards } from '../../dashboards';
import { bindQuery, variablesOf } from '../../dashboards/lib/macros';
import type { Dashboard } from '../../dashboards/lib/model';
import { isDatabaseSource, type DatabaseSource } from '../../dashboards/lib/sources';
import { panelContext, runPanel } from '../../local/page/data/dashboard-data';
import type { DashboardDatabase } from '../../local/page/data/database';
import { resolveRange, type TimeRange } from '../../local/page/data/time-range';
import type { Choice } from './choices';
import { END } from './load';

/** A query, or the queries of one panel, as somebody who opens a dashboard runs them. */
export interface Reader {
  /** `edu-class/active`, `edu-class/variable lesson`, `edu-class/annotation Restatements`. */
  readonly name: string;
  /** Whether it shows one classroom or one student of it: its cost must not grow with the platform. */
  readonly oneClassroom: boolean;
  run(database: DashboardDatabase, choice: Choice): Promise<unknown>;
}

/** Everything that the dashboards read from the platform's own database, with their own ranges at the end of the data. */
export function panelReaders(): Reader[] {
  return buildDashboards().flatMap((dashboard) => {
    const range = resolveRange(dashboard.range.from, dashboard.range.to, new Date(END), 'America/Los_Angeles');
    return [...ofPanels(dashboard, range), ...ofOthers(dashboard, range)];
  });
}

function ofPanels({ uid, panels }: Dashboard, range: TimeRange): Reader[] {
  return panels
    .filter(({ source }) => source !== undefined && isDatabaseSource(source))
    .map((panel) => ({
      name: `${uid}/${panel.key}`,
      oneClassroom: panel.targets.some(({ query }) => ofClassroom(query)),
      run: (database, choice) => runPanel(database, panel, panelContext(panel, range, true, choice)),
    }));
}

function ofOthers({ uid, variables, annotations }: Dashboard, range: TimeRange): Reader[] {
  return [
    ...variables.map((variable) => ({ ...variable, kind: 'variable' })),
    ...annotations.map((annotation) => ({ ...annotation, kind: 'annotation' })),
  ].map(({ name, kind, source, query }) => ({
    name: `${uid}/${kind} ${name}`,
    oneClassroom: ofClassroom(query),
    run: (database, choice) =>
      database.run(
        source as DatabaseSource,
        'A',
        bindQuery(query, { ...range, intervalMs: 60_000, variables: choice }),
      ),
  }));
}

const ofClassroom = (query: string): boolean =>
  variablesOf(query).some((name) => name === 'classroom' || name === 'student');
