import {
  DashboardBuilder,
  QueryVariableBuilder,
  VariableRefresh,
  type AnnotationQuery,
  type Dashboard as GrafanaDashboard,
  type DashboardLink as GrafanaLink,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { Annotation, Dashboard, DashboardLink, Panel, Variable } from '../model';
import { common } from '../../texts/common';
import { PALETTE } from '../palette';
import { SOURCES } from '../sources';
import { keepsRange } from './links';
import { grafanaPanel, type Place } from './panel';

const GRID = 24;

/** Places panels from left to right, row by row, in their order. */
export function layOut(panels: readonly Panel[]): Place[] {
  let x = 0;
  let y = 0;
  let height = 0;
  return panels.map(({ key, size }) => {
    if (size.w > GRID) throw new Error(`panel ${key}: width ${size.w} is more than the ${GRID} columns of the grid`);
    if (x + size.w > GRID) {
      x = 0;
      y += height;
      height = 0;
    }
    const place = { x, y };
    x += size.w;
    height = Math.max(height, size.h);
    return place;
  });
}

function variable({ name, label, source, query }: Variable): QueryVariableBuilder {
  const { uid, type } = SOURCES[source];
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource({ uid, type })
    .query({ refId: name, rawSql: query, rawQuery: true, editorMode: 'code', format: 'table' })
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .multi(false)
    .includeAll(false);
}

function annotation({ name, source, query, colour }: Annotation): AnnotationQuery {
  const { uid, type } = SOURCES[source];
  return {
    name,
    enable: true,
    hide: false,
    iconColor: PALETTE[colour],
    datasource: { uid, type },
    target: { refId: 'annotation', rawSql: query, rawQuery: true, editorMode: 'code', format: 'table' },
    // The SDK's type knows only the fields of Grafana's own annotations.
  } as unknown as AnnotationQuery;
}

function dashboardLink({ title, uid }: DashboardLink, from: string): GrafanaLink {
  return {
    title,
    type: 'link',
    icon: 'dashboard',
    tooltip: '',
    url: `/d/${uid}`,
    tags: [],
    asDropdown: false,
    targetBlank: false,
    includeVars: true,
    keepTime: keepsRange(from, uid),
  } as unknown as GrafanaLink;
}

/** Renders a dashboard to the classic schema that Grafana provisions from files. */
export function grafanaDashboard(dashboard: Dashboard): GrafanaDashboard {
  const builder = new DashboardBuilder(dashboard.title)
    .uid(dashboard.uid)
    .description(`${dashboard.description} ${common.simulated}`)
    .tags([...dashboard.tags])
    // That of each person's preferences, and without one the platform's option `timeZone`, which a name here would overrule.
    .timezone('')
    .weekStart('monday')
    .readonly()
    .time({ ...dashboard.range })
    .variables(dashboard.variables.map(variable));
  builder.refresh(dashboard.refresh ?? '');
  const places = layOut(dashboard.panels);
  return {
    ...builder.build(),
    panels: dashboard.panels.map((panel, i) => grafanaPanel(panel, { uid: dashboard.uid, id: i + 1, ...places[i] })),
    annotations: { list: dashboard.annotations.map(annotation) },
    links: dashboard.links.map((link) => dashboardLink(link, dashboard.uid)),
  };
}
